// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/process_metrics.h"

namespace wsitrace {

void ProcessMetrics::on_process_known(const ProcessFacts &facts) {
  pid_ = facts.pid;
  metrics_.add_process(facts);
}

void ProcessMetrics::on_event_counted(uint16_t kind) {
  metrics_.on_event_counted(kind);
  changed_ = true;
}

void ProcessMetrics::on_connection_event(const Connection &connection, const Event &event,
                                         std::span<const std::byte> items) {
  judge_.on_connection_event(connection, event, items);
}

void ProcessMetrics::on_connection_opened(const Connection &connection) {
  metrics_.on_connection_opened(connection);
  judge_.on_connection_opened(connection);
}

void ProcessMetrics::on_connection_changed(const Connection &before, const Connection &now) {
  metrics_.on_connection_changed(before, now);
  judge_.on_connection_changed(before, now);
}

void ProcessMetrics::on_tls_established(const Connection &connection) { metrics_.on_tls_established(connection, pid_); }

void ProcessMetrics::on_bound(const Connection &connection, const Binding &binding) {
  metrics_.on_bound(connection, binding);
}

void ProcessMetrics::on_dropped(const Connection &connection, const Binding &binding) {
  metrics_.on_dropped(connection, binding);
}

void ProcessMetrics::on_transaction_ended(const Connection &connection, const Transaction &transaction) {
  metrics_.on_transaction_ended(connection, transaction, pid_);
}

void ProcessMetrics::on_session_opened(const Connection &connection) { metrics_.on_session_opened(connection); }
void ProcessMetrics::on_session_closed(const Connection &connection) { metrics_.on_session_closed(connection, pid_); }

void ProcessMetrics::on_connection_closed(const Connection &connection) {
  metrics_.on_connection_closed(connection, pid_);
  judge_.on_connection_closed(connection);
}

void ProcessMetrics::on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) {
  judge_.on_descriptor_left(context, descriptor, kind, when);
}

void ProcessMetrics::on_lost(const Loss &before, const Loss &now) { metrics_.add_loss(before, now); }

void ProcessMetrics::on_log_ended(const Timeline &timeline) {
  timeline.for_each_open([this](const Connection &open) { metrics_.forget_open(open); });
  count_findings(timeline);
}

void ProcessMetrics::on_asked(const Timeline &timeline) {
  if (changed_) count_findings(timeline);
}

void ProcessMetrics::count_findings(const Timeline &timeline) {
  changed_ = false;
  FindingCounts now{};
  for (const Finding &finding : judge_.found_so_far(timeline)) ++now[static_cast<size_t>(finding.kind)];
  metrics_.add_findings(counted_, now);
  counted_ = now;
}

}  // namespace wsitrace
