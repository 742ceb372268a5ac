// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_OBSERVERS_H
#define WSITRACE_TIMELINE_OBSERVERS_H

#include <utility>
#include <vector>

#include "agent/timeline/timeline.h"

namespace wsitrace {

// Tells several observers of one Timeline, in their order; all outlive it.
class Observers final : public TimelineObserver {
 public:
  explicit Observers(std::vector<TimelineObserver *> observers) : observers_(std::move(observers)) {}

  void on_process_known(const ProcessFacts &facts) override { tell(&TimelineObserver::on_process_known, facts); }
  void on_event_counted(uint16_t kind) override { tell(&TimelineObserver::on_event_counted, kind); }
  void on_connection_event(const Connection &c, const Event &event, std::span<const std::byte> items) override {
    tell(&TimelineObserver::on_connection_event, c, event, items);
  }
  void on_connection_opened(const Connection &c) override { tell(&TimelineObserver::on_connection_opened, c); }
  void on_connection_changed(const Connection &before, const Connection &now) override {
    tell(&TimelineObserver::on_connection_changed, before, now);
  }
  void on_tls_established(const Connection &c) override { tell(&TimelineObserver::on_tls_established, c); }
  void on_bound(const Connection &c, const Binding &b) override { tell(&TimelineObserver::on_bound, c, b); }
  void on_dropped(const Connection &c, const Binding &b) override { tell(&TimelineObserver::on_dropped, c, b); }
  void on_transaction_ended(const Connection &c, const Transaction &t) override {
    tell(&TimelineObserver::on_transaction_ended, c, t);
  }
  void on_session_opened(const Connection &c) override { tell(&TimelineObserver::on_session_opened, c); }
  void on_session_closed(const Connection &c) override { tell(&TimelineObserver::on_session_closed, c); }
  void on_connection_closed(const Connection &c) override { tell(&TimelineObserver::on_connection_closed, c); }
  void on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) override {
    tell(&TimelineObserver::on_descriptor_left, context, descriptor, kind, when);
  }
  void on_lost(const Loss &before, const Loss &now) override { tell(&TimelineObserver::on_lost, before, now); }
  void on_log_ended(const Timeline &timeline) override { tell(&TimelineObserver::on_log_ended, timeline); }
  void on_asked(const Timeline &timeline) override { tell(&TimelineObserver::on_asked, timeline); }

 private:
  template <typename... Parameters, typename... Arguments>
  void tell(void (TimelineObserver::*what)(Parameters...), const Arguments &...arguments) {
    for (TimelineObserver *observer : observers_) (observer->*what)(arguments...);
  }

  const std::vector<TimelineObserver *> observers_;
};

}  // namespace wsitrace

#endif
