// SPDX-License-Identifier: MIT
//
// The report of the process itself while it goes on: a log that can be asked for the document at any time, and for a verdict on a
// part of it.
//
// Memory:  follows the open connections, plus the KEPT that ended last.
// Threads: any; one mutex. report() renders under it: for cold threads only.
#ifndef WSITRACE_ENTRY_INPROCESS_LIVE_REPORT_H
#define WSITRACE_ENTRY_INPROCESS_LIVE_REPORT_H

#include <mutex>
#include <optional>
#include <string>

#include "agent/export/json/history.h"
#include "agent/timeline/both_observers.h"
#include "agent/verdict/scope.h"

namespace wsitrace {

class LiveReport final : public LogSink {
 public:
  explicit LiveReport(size_t kept) : history_(kept) {}

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;

  [[nodiscard]] std::string report() const;
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
    std::optional<Scope> open;
  };

  mutable std::mutex mutex_;  // guards all
  History history_;
  Scopes scopes_;
  BothObservers both_{history_, scopes_};
  Timeline timeline_{both_};
};

}  // namespace wsitrace

#endif
