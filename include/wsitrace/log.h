// SPDX-License-Identifier: MIT
//
// The log: what a collector hears from live rings and a reader finds in a trace file, told to a LogSink in one and the
// same order. Whoever wants to do something with events implements LogSink.
//
// Order:    on_process first (again when a fact changes), a string before the first event that uses its id, events by time,
//           on_loss whenever the counts changed, on_end last.
// Lifetime: arguments are valid during the call only.
#ifndef WSITRACE_LOG_H
#define WSITRACE_LOG_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wsitrace/event.h"

namespace wsitrace {

struct ProcessFacts {
  uint32_t pid = 0;
  uint32_t parent_pid = 0;
  std::string program;  // base name of the executable
  std::vector<std::string> arguments;
  std::string lws_version;  // empty: no lws was seen
  std::string attach;       // "plugin", "preload", "link", "unknown"
  std::string notice;       // why nothing was recorded, or empty
  uint64_t started_mono_ns = 0;
  uint64_t started_real_ns = 0;  // since the Unix epoch
  std::map<std::string, uint64_t> trouble;
  bool operator==(const ProcessFacts &) const = default;
};

struct Loss {
  uint64_t recorded = 0;  // events that reached the log
  uint64_t lost = 0;      // events that did not; the sum over by_cause
  std::map<std::string, uint64_t> by_cause;
  bool operator==(const Loss &) const = default;
};

// How the process ended.
struct End {
  // "exit" (it said goodbye), "signal", "exec", "detached" (tracing stopped, the process went on), "unknown".
  std::string kind = "unknown";
  std::optional<int> status;  // exit status or signal number, where a parent saw it
  std::optional<uint64_t> mono_ns;
  bool operator==(const End &) const = default;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void on_process(const ProcessFacts &) {}
  virtual void on_string(uint16_t /*id*/, std::string_view /*text*/) {}
  virtual void on_event(const Event &event, std::span<const std::byte> items) = 0;
  virtual void on_loss(const Loss &) {}
  virtual void on_end(const End &) {}
  // What is told between these two comes in one go: a lock may be kept. Both are only hints, but the second follows the first.
  virtual void on_batch_begun() {}
  virtual void on_batch_ended() {}
};

// Calls visit(tag, bytes) for each item; stops quietly at a malformed one.
template <typename Visit>
void for_each_item(std::span<const std::byte> items, Visit visit) {
  while (items.size() >= 2 && items[0] != std::byte{kItemEnd}) {
    const auto tag = std::to_integer<uint8_t>(items[0]);
    const auto length = std::to_integer<size_t>(items[1]);
    if (items.size() < 2 + length) return;
    visit(static_cast<ItemTag>(tag), items.subspan(2, length));
    items = items.subspan(2 + length);
  }
}

}  // namespace wsitrace

#endif
