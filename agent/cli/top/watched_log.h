// SPDX-License-Identifier: MIT
//
// The log of one process as `wsitrace top` looks at it: a fold with the connections that ended last, and what is found in it.
//
// Memory:  follows the open connections, plus kKeptEnded ended ones.
// Threads: one.
#ifndef WSITRACE_CLI_TOP_WATCHED_LOG_H
#define WSITRACE_CLI_TOP_WATCHED_LOG_H

#include <deque>

#include "agent/timeline/observers.h"
#include "agent/timeline/timeline.h"
#include "agent/verdict/judge.h"

namespace wsitrace {

class WatchedLog final : public LogSink, private TimelineObserver {
 public:
  static constexpr size_t kKeptEnded = 200;

  void on_process(const ProcessFacts &facts) override { timeline_.on_process(facts); }
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override { timeline_.on_loss(loss); }
  void on_end(const End &end) override { timeline_.on_end(end); }

  [[nodiscard]] const Timeline &timeline() const { return timeline_; }
  // The one that ended last is the last.
  [[nodiscard]] const std::deque<Connection> &ended() const { return ended_; }
  // Of a log that goes on: those that can be told already.
  [[nodiscard]] size_t findings() const;

 private:
  void on_connection_closed(const Connection &connection) override;

  std::deque<Connection> ended_;
  Judge judge_;
  Observers both_{{this, &judge_}};
  Timeline timeline_{both_};
};

}  // namespace wsitrace

#endif
