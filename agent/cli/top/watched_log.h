// SPDX-License-Identifier: MIT
//
// The log of one process as `wsitrace top` looks at it: a fold with the connections that ended last, and what is found in it.
//
// Memory:  follows the open connections, plus kKeptEnded ended ones.
// Threads: one.
#ifndef WSITRACE_CLI_TOP_WATCHED_LOG_H
#define WSITRACE_CLI_TOP_WATCHED_LOG_H

#include <deque>

#include "agent/diagnosis/judged_log.h"

namespace wsitrace {

class WatchedLog final : private TimelineObserver {
 public:
  static constexpr size_t kKeptEnded = 200;

  WatchedLog() { log_.timeline.add(*this); }

  // Feed the log to it.
  [[nodiscard]] LogSink &sink() { return log_.timeline; }
  [[nodiscard]] const Timeline &timeline() const { return log_.timeline; }
  // The one that ended last is the last.
  [[nodiscard]] const std::deque<Connection> &ended() const { return ended_; }
  // Of a log that goes on: those that can be told already.
  [[nodiscard]] size_t findings() const;

 private:
  void on_connection_closed(const Connection &connection) override;

  std::deque<Connection> ended_;
  JudgedLog log_;
};

}  // namespace wsitrace

#endif
