// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_BOTH_OBSERVERS_H
#define WSITRACE_TIMELINE_BOTH_OBSERVERS_H

#include "agent/timeline/timeline.h"

namespace wsitrace {

// Tells two observers of one Timeline; both outlive it.
class BothObservers final : public TimelineObserver {
 public:
  BothObservers(TimelineObserver &first, TimelineObserver &second) : first_(first), second_(second) {}

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

 private:
  template <typename... Parameters, typename... Arguments>
  void tell(void (TimelineObserver::*what)(Parameters...), const Arguments &...arguments) {
    (first_.*what)(arguments...);
    (second_.*what)(arguments...);
  }

  TimelineObserver &first_;
  TimelineObserver &second_;
};

}  // namespace wsitrace

#endif
