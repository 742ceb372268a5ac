// SPDX-License-Identifier: MIT
#include "agent/export/explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/export/explain/callbacks.h"
#include "agent/export/explain/narrative.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

std::string message_of(std::span<const std::byte> items) {
  std::string out;
  for_each_item(items, [&out](ItemTag tag, std::span<const std::byte> bytes) {
    if (tag == kItemText) out.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  });
  return out;
}

void note_stream(Carried &streams, uint64_t id) {
  if (streams.count++ == 0) streams.first_id = id;
  streams.first_id = std::min(streams.first_id, id);
  streams.last_id = std::max(streams.last_id, id);
}

}  // namespace

void Survey::on_event_counted(uint16_t kind) {
  if (has_role<role::kLoopTurns>(kind)) last_turn_ns_ = timeline_.last_event_ns();
}

void Survey::on_connection_closed(const Connection &connection) { add(connection, oddity_of_ended(connection)); }

void Survey::finish() {
  const LogFacts facts = facts_of(timeline_, 0);
  timeline_.for_each_open(
      [&](const Connection &connection) { add(connection, oddity_of(connection, facts, last_turn_ns_)); });
}

void Survey::add(const Connection &connection, std::optional<Oddity> oddity) {
  if (!oddity) return;
  odd_.insert({*oddity, connection.id});
  if (odd_.size() <= kExplained) return;
  ++left_out_[odd_.rbegin()->oddity];
  odd_.erase(std::prev(odd_.end()));
}

uint64_t Survey::count() const {
  uint64_t total = odd_.size();
  for (const auto &[oddity, count] : left_out_) total += count;
  return total;
}

std::string Survey::rest() const {
  uint64_t total = 0;
  std::string kinds;
  for (const auto &[oddity, count] : left_out_) {
    total += count;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, wsitrace::text_of(oddity));
  }
  return total == 0 ? "" : fmt::format("and {} more: {}\n", total, kinds);
}

Explainer::Explainer(const Timeline &timeline, std::vector<Wanted> wanted, size_t width, Write write)
    : timeline_(timeline), wanted_(std::move(wanted)), width_(width), write_(std::move(write)) {
  for (const Wanted &one : wanted_) subjects_.try_emplace(one.id);
}

void Explainer::on_event_counted(uint16_t kind) {
  loop_turns_ += std::exchange(turns_now_, has_role<role::kLoopTurns>(kind));
}

void Explainer::on_connection_event(const Connection &connection, const Event &event,
                                    std::span<const std::byte> items) {
  const auto found = subjects_.find(connection.id);
  if (found == subjects_.end()) return;
  const std::string message = message_of(items);
  found->second.events.add({event.time_ns, event.kind, event.value, std::string(timeline_.text(event.protocol)),
                            message.empty() ? std::string(timeline_.text(event.text)) : message, loop_turns_});
}

void Explainer::on_connection_closed(const Connection &connection) {
  if (connection.parent)
    if (const auto carrier = subjects_.find(*connection.parent); carrier != subjects_.end())
      note_stream(carrier->second.streams, connection.id);
  const auto found = subjects_.find(connection.id);
  if (found != subjects_.end()) found->second.connection = connection;
}

bool Explainer::finish() {
  timeline_.for_each_open([this](const Connection &connection) { on_connection_closed(connection); });
  const LogFacts facts = facts_of(timeline_, loop_turns_ + (turns_now_ ? 1 : 0));
  bool all = true, any = false;
  for (const Wanted &one : wanted_) {
    const Subject &subject = subjects_.at(one.id);
    if (subject.connection.id == 0) {
      all = false;
      continue;
    }
    if (std::exchange(any, true)) write_("\n");
    write_(narrative_of(subject, facts, one.oddity, width_));
  }
  return all;
}

}  // namespace wsitrace
