// SPDX-License-Identifier: MIT
#include "agent/cli/agent/rotating_trace.h"

#include <sys/stat.h>

#include <utility>

#include "agent/base/clock.h"

namespace wsitrace {

Loss loss_since(const Loss &before, const Loss &now) {
  Loss since;
  since.recorded = now.recorded - before.recorded;
  since.lost = now.lost - before.lost;
  for (const auto &[cause, count] : now.by_cause) {
    const auto earlier = before.by_cause.find(cause);
    const uint64_t known = earlier == before.by_cause.end() ? 0 : earlier->second;
    if (count > known) since.by_cause[cause] = count - known;
  }
  return since;
}

void RotatingTrace::on_process(const ProcessFacts &facts) {
  facts_ = facts;
  if (trace_.writer) trace_.writer->on_process(facts);
}

void RotatingTrace::on_string(uint16_t id, std::string_view text) {
  strings_[id] = text;
  if (trace_.writer) trace_.writer->on_string(id, text);
}

void RotatingTrace::on_event(const Event &event, std::span<const std::byte> items) {
  if (!trace_.writer) begin();
  if (trace_.writer) trace_.writer->on_event(event, items);
  else if (is_counted(event.kind)) ++unwritten_;
}

void RotatingTrace::on_loss(const Loss &loss) {
  const bool more_lost = loss.lost > loss_.lost;
  loss_ = loss;
  if (!trace_.writer && more_lost) begin();
  if (trace_.writer) trace_.writer->on_loss(loss_of_trace());
}

void RotatingTrace::on_end(const End &end) {
  ended_ = true;
  if (!trace_.writer && rotated_) begin();
  if (trace_.writer) close(end);
}

void RotatingTrace::begin() {
  if (monotonic_ns() < retry_ns_) return;
  auto opened = shelf_.begin(facts_.program, facts_.pid, session_);
  begun_ns_ = monotonic_ns();
  if (!opened) {
    shelf_.report(opened.error());
    retry_ns_ = begun_ns_ + kRetryNs;
    return;
  }
  trace_ = std::move(*opened);
  path_ = trace_.path;
  trace_.writer->on_process(facts_);
  for (const auto &[id, text] : strings_) trace_.writer->on_string(id, text);
}

Loss RotatingTrace::loss_of_trace() const {
  Loss loss = loss_since(loss_before_, loss_);
  if (unwritten_ == 0) return loss;
  loss.recorded -= unwritten_;
  loss.lost += unwritten_;
  loss.by_cause["trace_write"] += unwritten_;
  return loss;
}

void RotatingTrace::close(const End &end) {
  trace_.writer->on_end(end);
  trace_ = {};
  loss_before_ = loss_;
  unwritten_ = 0;
  shelf_.tidy();
}

bool RotatingTrace::is_due(uint64_t now_ns) const {
  if (now_ns - begun_ns_ >= shelf_.limits().max_age_s * 1'000'000'000) return true;
  struct stat facts {};
  return ::stat(trace_.path.c_str(), &facts) == 0 && static_cast<uint64_t>(facts.st_size) >= shelf_.limits().max_bytes;
}

void RotatingTrace::turn(uint64_t now_ns) {
  if (!trace_.writer) return;
  trace_.writer->flush();
  const bool failed = trace_.writer->error() != nullptr;
  if (failed) {
    shelf_.report(*trace_.writer->error());
    retry_ns_ = now_ns + kRetryNs;
  }
  if (!failed && !is_due(now_ns)) return;
  close({"detached", std::nullopt, std::nullopt});
  rotated_ = true;
}

}  // namespace wsitrace
