// SPDX-License-Identifier: MIT
//
// A made-up log that looks like one of a busy server: connections to a callback mount, so many of them open at a time, each with
// a fixed number of requests. The order of callbacks is the one that libwebsockets 4.1.6 shows; a pointer is used again as soon
// as its connection is gone. Whose turn it is is random, with a fixed seed.
//
// Who uses it: fold_bench (through a ring) and make_trace (into a trace file).
#ifndef WSITRACE_BENCH_TRAFFIC_H
#define WSITRACE_BENCH_TRAFFIC_H

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "agent/ring/writer.h"

namespace wsitrace::bench {

struct TrafficOptions {
  uint64_t connections;  // 0: no end
  size_t open_at_once;
  size_t requests;  // on each connection
};

class Traffic {
 public:
  // ID_OF gives the string id of a text; called here only.
  Traffic(const TrafficOptions &options, const std::function<uint16_t(std::string_view)> &id_of);

  // The next event, without time, thread and sequence, and its items. False when all connections have ended. Valid until the
  // next call.
  bool next();
  [[nodiscard]] const Event &event() const { return event_; }
  [[nodiscard]] const Items &items() const { return *items_; }

 private:
  struct Step {
    Event event;
    const Items *items;
  };
  struct Place {
    size_t step;
    bool used;
  };

  void add(uint16_t kind, uint16_t text = 0, int32_t value = 0, const Items *items = nullptr);
  void add_request(bool first);
  void fill_items();

  Items none_, addresses_, request_;
  uint16_t vhost_, protocol_, served_, reset_, idle_, closing_, caller_;
  std::vector<Step> steps_;  // the life of one connection
  std::vector<Place> places_;
  size_t at_ = 0;
  uint64_t random_ = 1;
  size_t in_use_ = 0;
  uint64_t left_;
  bool endless_;
  Event event_{};
  const Items *items_ = &none_;
};

}  // namespace wsitrace::bench

#endif
