// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_OBSERVERS_H
#define WSITRACE_TIMELINE_OBSERVERS_H

#include <memory>
#include <utility>
#include <vector>

#include "agent/timeline/observer.h"

namespace wsitrace {

// Those who hear one Timeline, told in their order. Internal to the room.
class Observers {
 public:
  void add(std::shared_ptr<TimelineObserver> observer) {
    if (observer->hears_events()) hear_events_.push_back(observer.get());
    observers_.push_back(std::move(observer));
  }

  void on_process_known(const ProcessFacts &facts) { tell(&TimelineObserver::on_process_known, facts); }
  void on_event_counted(uint16_t kind) {
    for (TimelineObserver *observer : hear_events_) observer->on_event_counted(kind);
  }
  void on_connection_event(const Connection &c, const Event &event, std::span<const std::byte> items) {
    for (TimelineObserver *observer : hear_events_) observer->on_connection_event(c, event, items);
  }
  void on_connection_opened(const Connection &c) { tell(&TimelineObserver::on_connection_opened, c); }
  void on_connection_changed(const Connection &before, const Connection &now) {
    tell(&TimelineObserver::on_connection_changed, before, now);
  }
  void on_tls_established(const Connection &c) { tell(&TimelineObserver::on_tls_established, c); }
  void on_bound(const Connection &c, const Binding &b) { tell(&TimelineObserver::on_bound, c, b); }
  void on_dropped(const Connection &c, const Binding &b) { tell(&TimelineObserver::on_dropped, c, b); }
  void on_transaction_ended(const Connection &c, const Transaction &t) {
    tell(&TimelineObserver::on_transaction_ended, c, t);
  }
  void on_session_opened(const Connection &c) { tell(&TimelineObserver::on_session_opened, c); }
  void on_session_closed(const Connection &c) { tell(&TimelineObserver::on_session_closed, c); }
  void on_connection_closed(const Connection &c) { tell(&TimelineObserver::on_connection_closed, c); }
  void on_lws_said(const Event &event) { tell(&TimelineObserver::on_lws_said, event); }
  void on_accept_failed(const Event &event, std::span<const std::byte> items) {
    tell(&TimelineObserver::on_accept_failed, event, items);
  }
  void on_surroundings(const Event &event, std::span<const std::byte> items) {
    tell(&TimelineObserver::on_surroundings, event, items);
  }
  void on_loop_heard(const Event &event, std::span<const std::byte> items, const Connection *c) {
    tell(&TimelineObserver::on_loop_heard, event, items, c);
  }
  void on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) {
    tell(&TimelineObserver::on_descriptor_left, context, descriptor, kind, when);
  }
  void on_lost(const Loss &before, const Loss &now) { tell(&TimelineObserver::on_lost, before, now); }
  void on_log_ended(const Timeline &timeline) { tell(&TimelineObserver::on_log_ended, timeline); }
  void on_asked(const Timeline &timeline) { tell(&TimelineObserver::on_asked, timeline); }
  void on_batch(bool begun) { tell(&TimelineObserver::on_batch, begun); }

 private:
  template <typename... Parameters, typename... Arguments>
  void tell(void (TimelineObserver::*what)(Parameters...), const Arguments &...arguments) {
    for (const auto &observer : observers_) (*observer.*what)(arguments...);
  }

  std::vector<std::shared_ptr<TimelineObserver>> observers_;
  std::vector<TimelineObserver *> hear_events_;  // of these
};

}  // namespace wsitrace

#endif
