// SPDX-License-Identifier: MIT
//
// The log of one process as `wsitrace top` looks at it: a fold with the connections that ended last, and what went wrong in it.
//
// Memory:  follows the open connections and the diagnoses, plus kKeptEnded ended ones.
// Threads: one.
#ifndef WSITRACE_CLI_TOP_WATCHED_LOG_H
#define WSITRACE_CLI_TOP_WATCHED_LOG_H

#include <deque>
#include <optional>
#include <tuple>

#include "agent/diagnosis/census.h"
#include "agent/diagnosis/doctor.h"
#include "agent/diagnosis/judged_log.h"
#include "agent/timeline/lasting_callbacks.h"

namespace wsitrace {

class WatchedLog final : private TimelineObserver {
 public:
  static constexpr size_t kKeptEnded = 200;

  WatchedLog() : doctor_(log_) {
    log_.timeline.add(*this);
    log_.timeline.add(doctor_);
  }

  // Feed the log to it.
  [[nodiscard]] LogSink &sink() { return log_.timeline; }
  [[nodiscard]] const Timeline &timeline() const { return log_.timeline; }
  // The one that ended last is the last.
  [[nodiscard]] const std::deque<Connection> &ended() const { return ended_; }
  // Diagnoses what has been fed; costs as much as there are connections open. Nothing when nothing is new.
  void diagnose();
  // As of then: how many diagnoses there are, and the first, of a fault or else of a trouble.
  struct Diagnosed {
    SeverityCounts counts;
    std::optional<Diagnosis> worst;
  };
  [[nodiscard]] const Diagnosed &diagnosed() const { return diagnosed_; }
  [[nodiscard]] const Census::Numbers &numbers() const { return numbers_; }
  // The callbacks that keep an event loop as of what has been fed.
  [[nodiscard]] std::vector<LastingCallback> lasting() const {
    return timeline().end() == nullptr ? lasting_.that_keep_a_loop() : std::vector<LastingCallback>{};
  }

 private:
  void on_connection_event(const Connection &, const Event &event, std::span<const std::byte>) override {
    lasting_.on_connection_event(event);
  }
  void on_loop_heard(const Event &event, std::span<const std::byte> items, const Connection *connection) override {
    lasting_.on_loop_heard(event, items, connection);
  }
  void on_connection_opened(const Connection &connection) override { numbers_.opened(connection); }
  void on_connection_changed(const Connection &before, const Connection &now) override {
    numbers_.changed(before, now);
  }
  void on_connection_closed(const Connection &connection) override;

  std::deque<Connection> ended_;
  Census::Numbers numbers_;
  LastingCallbacks lasting_;
  JudgedLog log_;
  Doctor doctor_;  // of the log so far; a copy of it looks at what is open
  Diagnosed diagnosed_;
  using Position = std::tuple<Ns, uint64_t, uint64_t, bool>;  // last event, recorded, lost, has ended
  std::optional<Position> diagnosed_at_;
};

}  // namespace wsitrace

#endif
