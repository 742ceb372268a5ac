// SPDX-License-Identifier: MIT
//
// One connection in plain words: what it is, what happened on it, why it ended.
//
// Memory: follows the open connections; of the one explained also its events (see kept_events.h).
#ifndef WSITRACE_EXPORT_EXPLAIN_EXPLAINER_H
#define WSITRACE_EXPORT_EXPLAIN_EXPLAINER_H

#include <functional>
#include <string_view>

#include "agent/diagnosis/subject.h"

namespace wsitrace {

// Hears TIMELINE, which outlives it: the narrative of the connection WANTED.
class Explainer final : public TimelineObserver {
 public:
  using Write = std::function<void(std::string_view)>;
  // WIDTH: columns to wrap at; 0: one sentence a line.
  Explainer(const Timeline &timeline, uint64_t wanted, size_t width, Write write);

  // Writes the narrative; call once. False: no such connection.
  bool finish();

 private:
  void on_event_counted(uint16_t kind) override;
  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_closed(const Connection &connection) override;
  const Timeline &timeline_;
  uint64_t wanted_;
  size_t width_;
  Write write_;
  Subject subject_;
  uint64_t loop_turns_ = 0;  // before the event that is being folded
  bool turns_now_ = false;   // that event is one more
};

}  // namespace wsitrace

#endif
