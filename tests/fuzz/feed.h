// SPDX-License-Identifier: MIT
//
// What both fuzz targets do with the bytes of a file: read_log() from memory into the fold, and into a sink that traps when
// the reader breaks a promise of wsitrace/log.h.
#ifndef WSITRACE_TESTS_FUZZ_FEED_H
#define WSITRACE_TESTS_FUZZ_FEED_H

#include <sys/mman.h>
#include <unistd.h>

#include <bitset>
#include <string>

#include "agent/base/fd.h"
#include "agent/collect/read_log.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

inline void require(bool promise) {
  if (!promise) __builtin_trap();
}

// CHECK_ORDER: times do not decrease and ids were told, which holds for rings; a trace file says what it says.
class CheckedFold final : public LogSink {
 public:
  explicit CheckedFold(bool check_order) : check_order_(check_order) {}

  void on_process(const ProcessFacts &facts) override {
    require(!ended_);
    fold_.on_process(facts);
  }
  void on_string(uint16_t id, std::string_view text) override {
    require(id != kNoString && !ended_);
    told_[id] = true;
    fold_.on_string(id, text);
  }
  void on_event(const Event &event, std::span<const std::byte> items) override {
    require(!ended_ && items.size() == event.extra * kSlotBytes && event.extra <= kMaxExtraSlots);
    if (check_order_) {
      require(event.time_ns >= last_ns_ && told_[event.vhost] && told_[event.protocol] && told_[event.text]);
      last_ns_ = event.time_ns;
    }
    for_each_item(items, [](ItemTag, std::span<const std::byte> bytes) { require(bytes.size() < kMaxItemBytes); });
    fold_.on_event(event, items);
  }
  void on_loss(const Loss &loss) override {
    require(!ended_);
    fold_.on_loss(loss);
  }
  void on_end(const End &end) override {
    require(!ended_);
    ended_ = true;
    fold_.on_end(end);
  }

 private:
  bool check_order_;
  bool ended_ = false;
  uint64_t last_ns_ = 0;
  std::bitset<65536> told_{1};  // kNoString needs no telling
  TimelineObserver observer_;
  Timeline fold_{observer_};
};

inline void feed(const std::string &bytes, bool check_order) {
  const Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  require(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  CheckedFold sink(check_order);
  const auto read = read_log("/proc/self/fd/" + std::to_string(file.get()), sink);
  if (!read) require(read.error().line().find('\n') == std::string::npos);
  else if (read->cut_off) require(read->cut_off->line().find('\n') == std::string::npos);
}

}  // namespace wsitrace

#endif
