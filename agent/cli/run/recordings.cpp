// SPDX-License-Identifier: MIT
#include "agent/cli/run/recordings.h"

#include <fcntl.h>

#include <utility>

#include "agent/cli/run/silence.h"

namespace wsitrace {

void Recording::on_process(const ProcessFacts &facts) {
  process_ = facts;
  if (has_own_lws_) process_.notice = kStaticLws;
  for (const auto &sink : sinks_) sink->on_process(process_);
}

bool Recording::has_unobserved_lws() const { return process_.notice == kStaticLws || process_.notice == kUnseenLws; }

void Recording::on_string(uint16_t id, std::string_view text) {
  if (!started_) strings_.emplace_back(id, text);
  for (const auto &sink : sinks_) sink->on_string(id, text);
}

void Recording::on_event(const Event &event, std::span<const std::byte> items) {
  if (!started_) start_writing();
  for (const auto &sink : sinks_) sink->on_event(event, items);
}

void Recording::on_loss(const Loss &loss) {
  loss_ = loss;
  if (!started_ && loss.lost > 0) start_writing();
  for (const auto &sink : sinks_) sink->on_loss(loss);
}

void Recording::on_end(const End &end) {
  end_ = end;
  if (started_) end_writing(end);
}

void Recording::on_batch_begun() {
  in_batch_ = true;
  for (const auto &sink : sinks_) sink->on_batch_begun();
}

void Recording::on_batch_ended() {
  in_batch_ = false;
  for (const auto &sink : sinks_) sink->on_batch_ended();
}

void Recording::start_writing() {
  started_ = true;
  trace_ = owner_.open_trace(*this, path_);
  sinks_ = owner_.more_sinks();
  if (trace_) sinks_.push_back(trace_);
  for (const auto &sink : sinks_) {
    sink->on_process(process_);
    for (const auto &[id, text] : strings_) sink->on_string(id, text);
    if (in_batch_) sink->on_batch_begun();
  }
  strings_ = {};
}

void Recording::end_writing(const End &end) {
  for (const auto &sink : sinks_) sink->on_end(end);
  look_for_error();
  trace_.reset();
  sinks_.clear();
}

void Recording::flush() {
  if (!trace_) return;
  trace_->flush();
  look_for_error();
}

void Recording::look_for_error() {
  if (failed_ || !trace_ || trace_->error() == nullptr) return;
  failed_ = true;
  owner_.report_error_(*trace_->error());
}

void Recording::write_silent(const std::string &why) {
  if (started_) return;
  if (process_.notice.empty()) process_.notice = why;
  start_writing();
  for (const auto &sink : sinks_) sink->on_loss(loss_);
  end_writing(end_.value_or(End{}));
}

Recordings::Recordings(TraceNames names, uint64_t session, MoreSinks more_sinks, ReportError report_error)
    : names_(std::move(names)),
      session_(session),
      more_sinks_(std::move(more_sinks)),
      report_error_(std::move(report_error)) {}

std::shared_ptr<Recording> Recordings::begin(bool has_own_lws) {
  return all_.emplace_back(std::make_shared<Recording>(*this, has_own_lws));
}

std::vector<std::shared_ptr<LogSink>> Recordings::more_sinks() {
  const bool first = !std::exchange(any_started_, true);
  return more_sinks_ ? more_sinks_(first) : std::vector<std::shared_ptr<LogSink>>{};
}

void Recordings::flush() {
  for (const auto &recording : all_) recording->flush();
}

const Recording *Recordings::first_written() const { return first_written_; }

std::vector<FreshTrace> Recordings::traces() const {
  std::vector<FreshTrace> traces;
  const auto add = [&traces](const Recording &recording) {
    if (!recording.path().empty()) traces.push_back({recording.path(), recording.process().pid});
  };
  if (first_written_ == nullptr) return traces;
  add(*first_written_);
  for (const auto &recording : all_)
    if (recording.get() != first_written_) add(*recording);
  return traces;
}

uint64_t Recordings::recorded() const {
  uint64_t sum = 0;
  for (const auto &recording : all_) sum += recording->loss().recorded;
  return sum;
}

uint64_t Recordings::lost() const {
  uint64_t sum = 0;
  for (const auto &recording : all_) sum += recording->loss().lost;
  return sum;
}

std::shared_ptr<TraceWriter> Recordings::open_trace(Recording &recording, std::string &path) {
  const std::string name = names_.next(recording.process().program, recording.process().pid);
  auto trace =
      names_.is_given(name) ? TraceWriter::create(name, session_) : TraceWriter::create_new(AT_FDCWD, name, session_);
  if (!trace) {
    report_error_(trace.error());
    return nullptr;
  }
  path = name;
  if (first_written_ == nullptr) first_written_ = &recording;
  return *trace;
}

}  // namespace wsitrace
