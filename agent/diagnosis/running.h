// SPDX-License-Identifier: MIT
//
// The callbacks that were running when the log ended: where a program is stuck, where it crashed or called exit(). Feed it with what a
// Timeline tells.
//
// Source: callback_runs (event.h), what the threads told in the headers of their rings.
#ifndef WSITRACE_DIAGNOSIS_RUNNING_H
#define WSITRACE_DIAGNOSIS_RUNNING_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

class Running {
 public:
  struct Callback {
    uint64_t id = 0;  // of its connection; 0: unknown
    uint16_t kind = 0;
    std::string protocol, vhost;
    Ns since_ns = 0, told_ns = 0;

    // "LWS_CALLBACK_RECEIVE of protocol 'chat', on connection 7"
    [[nodiscard]] std::string text() const;
    // The same before a verb: "..., on connection 7,".
    [[nodiscard]] std::string subject() const { return id == 0 ? text() : text() + ","; }
  };
  void heard(const Event &event, std::span<const std::byte> items, const Connection *connection,
             const Timeline &timeline);
  // A callback of THREAD began, at AT_NS, that only an event loop calls.
  void loop_turned(uint32_t thread, Ns at_ns) { turned_ns_[thread] = at_ns; }

  // The one that ran; nullptr: none, several, or not known.
  [[nodiscard]] const Callback *only() const;
  // A callback about connection ID has lasted, and may do what is missing on it: where IS_LIVE, it still runs.
  [[nodiscard]] bool holds(uint64_t id, bool is_live) const;
  // That none ran is known.
  [[nodiscard]] bool is_none() const { return !threads_.empty() && count() == 0; }
  // Of those that had lasted long.
  [[nodiscard]] std::vector<Diagnosis> diagnoses(const Timeline &timeline) const;

 private:
  [[nodiscard]] size_t count() const;
  [[nodiscard]] bool is_stuck(uint32_t thread, const Callback &callback) const;

  std::map<uint32_t, std::optional<Callback>> threads_;  // what each does
  std::map<uint32_t, Ns> turned_ns_;                     // by thread, the last
};

}  // namespace wsitrace

#endif
