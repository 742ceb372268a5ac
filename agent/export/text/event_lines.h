// SPDX-License-Identifier: MIT
//
// The raw events, one a line: seconds since the start, thread, kind, wsi, vhost, protocol, text, value, flags, items. For
// `report --events`; what a person compares with the callbacks of libwebsockets.
#ifndef WSITRACE_EXPORT_TEXT_EVENT_LINES_H
#define WSITRACE_EXPORT_TEXT_EVENT_LINES_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wsitrace/log.h"

namespace wsitrace {

class EventLines final : public LogSink {
 public:
  using Write = std::function<void(std::string_view)>;
  explicit EventLines(Write write) : write_(std::move(write)) {}

  void on_process(const ProcessFacts &facts) override { started_ns_ = facts.started_mono_ns; }
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_end(const End &end) override;

 private:
  [[nodiscard]] std::string_view text_of(uint16_t id) const;

  Write write_;
  uint64_t started_ns_ = 0;
  std::vector<std::string> strings_;  // printable, by id
};

}  // namespace wsitrace

#endif
