// SPDX-License-Identifier: MIT
#include "agent/export/live/live_process.h"

#include "agent/export/json/connection_json.h"
#include "agent/export/live/live_board.h"
#include "agent/verdict/rules.h"

namespace wsitrace {

LiveProcess::LiveProcess(LiveBoard &board, uint32_t number, TimelineObserver &also)
    : board_(board), number_(number), also_(also) {}

void LiveProcess::on_process(const ProcessFacts &facts) {
  const std::lock_guard lock(board_.mutex_);
  timeline_.on_process(facts);
  if (listed_) board_.supersede(*this);
}

void LiveProcess::on_string(uint16_t id, std::string_view text) {
  const std::lock_guard lock(board_.mutex_);
  timeline_.on_string(id, text);
}

void LiveProcess::on_event(const Event &event, std::span<const std::byte> items) {
  const std::lock_guard lock(board_.mutex_);
  timeline_.on_event(event, items);
}

void LiveProcess::on_loss(const Loss &loss) {
  const std::lock_guard lock(board_.mutex_);
  timeline_.on_loss(loss);
}

void LiveProcess::on_end(const End &end) {
  const std::lock_guard lock(board_.mutex_);
  timeline_.on_end(end);
  ended_ = true;
  board_.limit_ended_processes();
}

void LiveProcess::on_connection_opened(const Connection &connection) {
  if (listed_) rows_[connection.id] = board_.table_.add(*this, connection);
  judge_.on_connection_opened(connection);
  also_.on_connection_opened(connection);
}

void LiveProcess::on_connection_changed(const Connection &before, const Connection &now) {
  refresh(now);
  judge_.on_connection_changed(before, now);
  also_.on_connection_changed(before, now);
}

void LiveProcess::on_bound(const Connection &connection, const Binding &binding) {
  refresh(connection);
  also_.on_bound(connection, binding);
}

void LiveProcess::on_dropped(const Connection &connection, const Binding &binding) {
  refresh(connection);
  also_.on_dropped(connection, binding);
}

void LiveProcess::on_transaction_ended(const Connection &connection, const Transaction &transaction) {
  refresh(connection);
  also_.on_transaction_ended(connection, transaction);
}

void LiveProcess::on_session_opened(const Connection &connection) {
  refresh(connection);
  also_.on_session_opened(connection);
}

void LiveProcess::on_session_closed(const Connection &connection) {
  refresh(connection);
  also_.on_session_closed(connection);
}

void LiveProcess::on_connection_closed(const Connection &connection) {
  judge_.on_connection_closed(connection);
  also_.on_connection_closed(connection);
  const auto row = row_of(connection.id);
  if (!row) return;
  if (const auto crowded_out = board_.table_.close(*row)) board_.remove(*crowded_out);
}

void LiveProcess::on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) {
  judge_.on_descriptor_left(context, descriptor, kind, when);
  also_.on_descriptor_left(context, descriptor, kind, when);
}

void LiveProcess::refresh(const Connection &connection) {
  if (connection.id != recent_id_) {
    const auto row = row_of(connection.id);
    if (!row) return;
    recent_id_ = connection.id;
    recent_row_ = *row;
  }
  board_.table_.touch(recent_row_);
}

void LiveProcess::forget(uint64_t id) {
  rows_.erase(id);
  if (recent_id_ == id) recent_id_ = 0;
}

std::optional<uint32_t> LiveProcess::row_of(uint64_t id) const {
  const auto found = rows_.find(id);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

void LiveProcess::leave() {
  listed_ = false;
  for (const auto &[id, row] : rows_) board_.table_.remove(row, timeline_.process().pid);
  rows_.clear();
  recent_id_ = 0;
}

void LiveProcess::inspect(const std::function<void(const Timeline &)> &look) const {
  const std::lock_guard lock(board_.mutex_);
  look(timeline_);
}

// While the log goes on, that it has no end is no doubt.
Verdict LiveProcess::verdict() const {
  if (ended_) return judge_.verdict(timeline_);
  Groups groups = judge_.heard(timeline_);
  judge_what_is_left(timeline_, groups);
  Verdict verdict;
  verdict.program = timeline_.process().program;
  verdict.started_ns = timeline_.process().started_mono_ns;
  verdict.findings = groups.findings(timeline_.last_event_ns());
  const uint64_t lost = timeline_.loss().lost;
  if (lost > 0) verdict.doubts.push_back(counted(lost, "event") + (lost == 1 ? " was lost" : " were lost"));
  if (!timeline_.process().notice.empty())
    verdict.doubts.push_back("nothing was recorded: " + timeline_.process().notice);
  verdict.conclude();
  return verdict;
}

std::string LiveProcess::report() const {
  const std::lock_guard lock(board_.mutex_);
  std::string out;
  begin_document(out);
  bool any = false;
  const auto add = [&](const Connection &connection) {
    out += any ? ",\n" : "\n";
    any = true;
    append_connection(out, connection, timeline_.process().started_mono_ns);
  };
  for (const uint32_t row : board_.table_.ended())
    if (board_.table_[row].process == this) add(*board_.table_[row].connection);
  timeline_.for_each_open(add);
  out += any ? "\n]" : "]";
  end_document(out, timeline_, verdict().findings.size());
  return out;
}

}  // namespace wsitrace
