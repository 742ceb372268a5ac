// SPDX-License-Identifier: MIT
#include "agent/export/live/live_process.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/text/connection_json.h"
#include "agent/text/spans.h"

namespace wsitrace {

LiveProcess::LiveProcess(LiveRows &shared, Board board, uint32_t number)
    : shared_(shared), board_(std::move(board)), number_(number), batch_(shared.mutex) {
  log_.timeline.add(*this);
}

void LiveProcess::add(std::shared_ptr<TimelineObserver> observer) {
  const std::lock_guard lock(shared_.mutex);
  log_.timeline.add(std::move(observer));
}

void LiveProcess::on_process(const ProcessFacts &facts) {
  const std::lock_guard lock(shared_.mutex);
  log_.timeline.on_process(facts);
  if (listed_) board_.is_known(*this);
}

void LiveProcess::on_string(uint16_t id, std::string_view text) {
  const std::lock_guard lock(shared_.mutex);
  log_.timeline.on_string(id, text);
}

void LiveProcess::on_event(const Event &event, std::span<const std::byte> items) {
  const std::lock_guard lock(shared_.mutex);
  log_.timeline.on_event(event, items);
}

void LiveProcess::on_loss(const Loss &loss) {
  const std::lock_guard lock(shared_.mutex);
  log_.timeline.on_loss(loss);
}

void LiveProcess::on_end(const End &end) {
  const std::lock_guard lock(shared_.mutex);
  log_.timeline.on_end(end);
  ended_ = true;
  board_.has_ended();
}

void LiveProcess::on_batch_begun() {
  batch_.begin();
  log_.timeline.on_batch_begun();
}

void LiveProcess::on_batch_ended() {
  log_.timeline.on_batch_ended();
  batch_.end();
}

void LiveProcess::on_connection_opened(const Connection &connection) {
  numbers_.opened(connection);
  if (listed_) rows_[connection.id] = shared_.table.add(*this, connection);
}

void LiveProcess::on_connection_closed(const Connection &connection) {
  numbers_.closed(connection);
  const auto row = row_of(connection.id);
  if (!row) return;
  if (const auto crowded_out = shared_.table.close(*row)) remove(*crowded_out);
}

// The row may be another process's.
void LiveProcess::remove(uint32_t row) {
  LiveProcess &process = *shared_.table[row].process;
  process.forget(shared_.table[row].id);
  shared_.table.remove(row, process.timeline().process().pid);
}

void LiveProcess::refresh(const Connection &connection) {
  if (connection.id != recent_id_) {
    const auto row = row_of(connection.id);
    if (!row) return;
    recent_id_ = connection.id;
    recent_row_ = *row;
  }
  shared_.table.touch(recent_row_);
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
  for (const auto &[id, row] : rows_) shared_.table.remove(row, log_.timeline.process().pid);
  rows_.clear();
  recent_id_ = 0;
}

void LiveProcess::inspect(const std::function<void(const Timeline &)> &look) const {
  const std::lock_guard lock(shared_.mutex);
  look(log_.timeline);
}

std::vector<LastingCallback> LiveProcess::lasting() const {
  return ended_ ? std::vector<LastingCallback>{} : lasting_.that_keep_a_loop();
}

// While the log goes on, that it has no end is no doubt.
Verdict LiveProcess::verdict() const {
  if (ended_) return log_.verdict();
  Verdict verdict = verdict_about(log_.timeline);
  verdict.findings = log_.judge.found_so_far(log_.timeline);
  const uint64_t lost = log_.timeline.loss().lost;
  if (lost > 0) verdict.doubts.push_back(count_text(lost, "event") + (lost == 1 ? " was lost" : " were lost"));
  if (!log_.timeline.process().notice.empty())
    verdict.doubts.push_back(
        (log_.timeline.loss().recorded > 0 ? "not everything was recorded: " : "nothing was recorded: ") +
        log_.timeline.process().notice);
  verdict.conclude();
  return verdict;
}

std::string LiveProcess::report() const {
  std::string out;
  report([&](std::string_view piece) { out += piece; });
  return out;
}

// Of those that were there when it began, each as it is when its turn comes.
void LiveProcess::report(const std::function<void(std::string_view)> &write) const {
  constexpr size_t kAtOnce = 256;
  constexpr std::chrono::microseconds kLetOthers{100};  // a mutex is not fair
  const std::vector<uint64_t> ids = reported_ids();
  std::string out;
  begin_document(out);
  bool any = false;
  for (size_t at = 0; at < ids.size();) {
    {
      const std::lock_guard lock(shared_.mutex);
      for (const size_t end = std::min(at + kAtOnce, ids.size()); at < end; ++at) {
        const auto row = row_of(ids[at]);
        if (!row) continue;
        out += any ? ",\n" : "\n";
        any = true;
        append_connection(out, *shared_.table[*row].connection, log_.timeline.process().started_mono_ns);
      }
    }
    write(out);
    out.clear();
    std::this_thread::sleep_for(kLetOthers);
  }
  const std::lock_guard lock(shared_.mutex);
  out += any ? "\n]" : "]";
  end_document(out, log_.timeline, verdict().findings.size());
  write(out);
}

std::vector<uint64_t> LiveProcess::reported_ids() const {
  const std::lock_guard lock(shared_.mutex);
  std::vector<uint64_t> ids;
  for (const uint32_t row : shared_.table.ended())
    if (shared_.table[row].process == this) ids.push_back(shared_.table[row].id);
  log_.timeline.for_each_open([&](const Connection &connection) { ids.push_back(connection.id); });
  return ids;
}

}  // namespace wsitrace
