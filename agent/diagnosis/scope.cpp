// SPDX-License-Identifier: MIT
#include "agent/diagnosis/scope.h"

#include "agent/diagnosis/census.h"
#include "agent/text/spans.h"

namespace wsitrace {

void Scope::on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) {
  if (holds(connection)) judge_.on_connection_event(connection, event, items);
}

void Scope::on_connection_opened(const Connection &connection) {
  if (holds(connection)) judge_.on_connection_opened(connection);
}

void Scope::on_connection_changed(const Connection &before, const Connection &now) {
  if (holds(now)) judge_.on_connection_changed(before, now);
}

void Scope::on_connection_closed(const Connection &connection) {
  if (holds(connection)) judge_.on_connection_closed(connection);
}

Verdict Scope::verdict(const Timeline &timeline) const {
  Groups groups = judge_.heard(timeline);
  timeline.for_each_open([&](const Connection &open) {
    if (open.cls == ConnectionClass::kClient && holds(open))
      groups.add(Cause::kConnectionLeftOpen, open, open.last_callback_protocol);
  });
  Verdict verdict = verdict_about(timeline);
  verdict.findings = groups.findings(timeline.last_event_ns());
  verdict.connections = judge_.closed();
  timeline.for_each_open(
      [&](const Connection &open) { verdict.connections += Census::is_counted(open) && holds(open) ? 1 : 0; });
  verdict.lost = timeline.loss().lost - lost_before_;
  if (verdict.lost > 0)
    verdict.doubts.push_back(count_text(verdict.lost, "event") + (verdict.lost == 1 ? " was lost" : " were lost"));
  verdict.conclude();
  return verdict;
}

}  // namespace wsitrace
