// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/process_metrics.h"

#include <vector>

#include "agent/timeline/items.h"

namespace wsitrace {

void ProcessMetrics::on_process_known(const ProcessFacts &facts) {
  pid_ = facts.pid;
  own_clients_.on_process_known(facts);
  metrics_.add_process(facts);
}

void ProcessMetrics::on_event_counted(uint16_t kind) {
  metrics_.on_event_counted(kind);
  changed_ = true;
}

void ProcessMetrics::on_connection_event(const Connection &, const Event &event, std::span<const std::byte> items) {
  lasting_.on_connection_event(event);
  if (event.kind != k_callback_lasted) return;
  if (const auto ms = item_of<uint32_t>(items, kItemLasted))
    metrics_.on_callback_lasted(log_.timeline.text(event.protocol), event.value, *ms / 1e3);
}

void ProcessMetrics::on_connection_opened(const Connection &connection) {
  metrics_.on_connection_opened(connection);
  own_clients_.on_opened(connection);
}

void ProcessMetrics::on_connection_changed(const Connection &before, const Connection &now) {
  metrics_.on_connection_changed(before, now, own(now));
}

void ProcessMetrics::on_tls_established(const Connection &connection) { metrics_.on_tls_established(connection, pid_); }

void ProcessMetrics::on_bound(const Connection &connection, const Binding &binding) {
  metrics_.on_bound(connection, binding);
  if (OwnClients::is_own(binding.protocol)) note_answer(connection, binding.protocol);  // before it has answered
}

void ProcessMetrics::on_dropped(const Connection &connection, const Binding &binding) {
  metrics_.on_dropped(connection, binding);
}

void ProcessMetrics::on_transaction_ended(const Connection &connection, const Transaction &transaction) {
  note_answer(connection, transaction.protocol);
  metrics_.on_transaction_ended(connection, transaction, pid_, own(connection));
}

void ProcessMetrics::on_session_opened(const Connection &connection) { metrics_.on_session_opened(connection); }
void ProcessMetrics::on_session_closed(const Connection &connection) { metrics_.on_session_closed(connection, pid_); }

void ProcessMetrics::on_connection_closed(const Connection &connection) {
  metrics_.on_connection_closed(connection, pid_, own(connection));
  own_clients_.on_closed(connection);
}

void ProcessMetrics::on_lost(const Loss &before, const Loss &now) { metrics_.add_loss(before, now); }

void ProcessMetrics::tell_lasting(const Timeline &timeline) {
  if (lasting_.empty() && !lasting_told_) return;
  std::vector<Lasting> now;
  for (const LastingCallback &one : lasting_.that_keep_a_loop())
    now.push_back({one.kind, timeline.text(one.protocol), one.since_ns});
  metrics_.set_lasting(pid_, now);
  lasting_told_ = !now.empty();
}

void ProcessMetrics::on_log_ended(const Timeline &timeline) {
  lasting_ = {};
  tell_lasting(timeline);
  timeline.for_each_open([this](const Connection &open) { metrics_.forget_open(open, own(open)); });
  count_findings(timeline);
}

void ProcessMetrics::on_asked(const Timeline &timeline) {
  if (changed_) count_findings(timeline);
  tell_lasting(timeline);
}

void ProcessMetrics::note_answer(const Connection &connection, std::string_view protocol) {
  own_clients_.on_answered(connection, protocol, [this](const Connection &changed, bool is_own) {
    metrics_.on_own_changed(changed, is_own ? Metrics::Own::kYes : Metrics::Own::kNo);
  });
}

Metrics::Own ProcessMetrics::own(const Connection &connection) const {
  return own_clients_.has(connection) ? Metrics::Own::kYes : Metrics::Own::kNo;
}

void ProcessMetrics::count_findings(const Timeline &timeline) {
  changed_ = false;
  FindingCounts now{};
  for (const Finding &finding : log_.judge.found_so_far(timeline)) ++now[static_cast<size_t>(finding.kind)];
  metrics_.add_findings(counted_, now);
  counted_ = now;
}

}  // namespace wsitrace
