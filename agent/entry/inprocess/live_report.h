// SPDX-License-Identifier: MIT
//
// The process itself on its live board: a log that can be asked for the report at any time, and for a verdict on a part of it.
//
// Memory:  follows the open connections, plus those that the board keeps.
// Threads: any; the board's mutex is held through each call, also while a report is rendered: for cold threads only.
#ifndef WSITRACE_ENTRY_INPROCESS_LIVE_REPORT_H
#define WSITRACE_ENTRY_INPROCESS_LIVE_REPORT_H

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/diagnosis/scope.h"
#include "agent/export/live/live_board.h"
#include "agent/export/prometheus/process_metrics.h"

namespace wsitrace {

class LiveReport {
 public:
  // BOARD and METRICS outlive this.
  LiveReport(LiveBoard &board, Metrics &metrics) : process_(board.listener()) {
    process_->add(scopes_);
    process_->add(std::make_shared<ProcessMetrics>(metrics, process_->log()));
  }
  LiveReport(const LiveReport &) = delete;
  LiveReport &operator=(const LiveReport &) = delete;

  // What the collector tells the log of this process.
  [[nodiscard]] std::shared_ptr<LogSink> sink() const { return process_; }

  [[nodiscard]] std::string report() const { return process_->report(); }
  // False: a scope is open already.
  bool begin_scope();
  // The verdict on the open scope, as of now; nothing when there is none.
  [[nodiscard]] std::optional<Verdict> scope_verdict() const;
  void end_scope();

 private:
  // Hears for the scope, if there is one.
  class Scopes final : public TimelineObserver {
   public:
    void on_connection_event(const Connection &c, const Event &event, std::span<const std::byte> items) override {
      if (open) open->on_connection_event(c, event, items);
    }
    void on_connection_opened(const Connection &c) override {
      if (open) open->on_connection_opened(c);
    }
    void on_connection_changed(const Connection &before, const Connection &now) override {
      if (open) open->on_connection_changed(before, now);
    }
    void on_connection_closed(const Connection &c) override {
      if (open) open->on_connection_closed(c);
    }
    std::optional<Scope> open;  // the board's mutex guards it
  };

  std::shared_ptr<Scopes> scopes_ = std::make_shared<Scopes>();
  std::shared_ptr<LiveProcess> process_;
};

}  // namespace wsitrace

#endif
