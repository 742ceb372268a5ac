// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/live_findings.h"

#include "agent/verdict/rules.h"

namespace wsitrace {

void LiveFindings::on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte>) {
  if (event.kind == k_ESTABLISHED_CLIENT_HTTP || event.kind == k_CLIENT_ESTABLISHED || event.kind == k_RAW_CONNECTED)
    connects_.answered(connection, event.time_ns);
}

void LiveFindings::on_connection_opened(const Connection &connection) { connects_.opened(connection); }

void LiveFindings::on_connection_changed(const Connection &before, const Connection &now) {
  if (before.cls != ConnectionClass::kClient && now.cls == ConnectionClass::kClient) on_connection_opened(now);
}

void LiveFindings::on_connection_closed(const Connection &connection) {
  connects_.closed(connection);
  judge_transactions(connection, groups_);
  judge_peer(connection, groups_);
}

void LiveFindings::on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) {
  descriptors_.left(context, descriptor, kind, when);
}

FindingCounts LiveFindings::count(const Timeline &timeline) const {
  Groups groups = groups_;
  descriptors_.judge(groups);
  connects_.judge(groups);
  judge_what_is_left(timeline, groups);
  FindingCounts counts{};
  for (const Finding &finding : groups.findings(timeline.last_event_ns())) ++counts[static_cast<size_t>(finding.kind)];
  return counts;
}

}  // namespace wsitrace
