// SPDX-License-Identifier: MIT
#include "agent/entry/inprocess/live_report.h"

namespace wsitrace {

void LiveReport::on_process(const ProcessFacts &facts) {
  const std::lock_guard lock(mutex_);
  timeline_.on_process(facts);
}

void LiveReport::on_string(uint16_t id, std::string_view text) {
  const std::lock_guard lock(mutex_);
  timeline_.on_string(id, text);
}

void LiveReport::on_event(const Event &event, std::span<const std::byte> items) {
  const std::lock_guard lock(mutex_);
  timeline_.on_event(event, items);
}

void LiveReport::on_loss(const Loss &loss) {
  const std::lock_guard lock(mutex_);
  timeline_.on_loss(loss);
}

void LiveReport::on_end(const End &end) {
  const std::lock_guard lock(mutex_);
  timeline_.on_end(end);
}

bool LiveReport::begin_scope() {
  const std::lock_guard lock(mutex_);
  if (scopes_.open) return false;
  scopes_.open.emplace(timeline_);
  return true;
}

std::optional<Verdict> LiveReport::scope_verdict() const {
  const std::lock_guard lock(mutex_);
  if (!scopes_.open) return std::nullopt;
  return scopes_.open->verdict(timeline_);
}

void LiveReport::end_scope() {
  const std::lock_guard lock(mutex_);
  scopes_.open.reset();
}

std::string LiveReport::report() const {
  const std::lock_guard lock(mutex_);
  return history_.report(timeline_, {});
}

}  // namespace wsitrace
