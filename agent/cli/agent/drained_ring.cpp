// SPDX-License-Identifier: MIT
#include "agent/cli/agent/drained_ring.h"

#include <unistd.h>

#include <cstring>
#include <utility>

#include "agent/base/clock.h"
#include "agent/collect/liveness.h"

namespace wsitrace {
namespace {

constexpr uint64_t kMapsEveryNs = 2'000'000'000;
constexpr uint64_t kLookAgainNs = 500'000'000;
constexpr size_t kMaxRemembered = 4096;

}  // namespace

DrainedRing::DrainedRing(RingFile file, bool ours, SinkForProcess sink_for_process)
    : file_(std::move(file)),
      identity_(FileIdentity::of(file_.path())),
      ours_(ours),
      collector_(
          file_,
          [sink = std::move(sink_for_process), session = file_.header().session](const ProcessFacts &facts) {
            return sink(facts, session);
          },
          [this](uint32_t pid, uint64_t attached_ns) { return end_of(pid, attached_ns); }) {}

std::optional<End> DrainedRing::end_of(uint32_t pid, uint64_t attached_ns) {
  const uint64_t now_ns = monotonic_ns();
  if (looks_.size() > kMaxRemembered) looks_.clear();
  Look &look = looks_[pid];
  if (now_ns < look.due_ns) return std::nullopt;
  if (life_of(pid, attached_ns) != Liveness::kRuns) return std::nullopt;  // the collector sees that, too
  const bool missed = is_mapped_by(pid, identity_) == Mapped::kNo;
  if (missed && look.missed) {
    looks_.erase(pid);
    return End{};
  }
  look = {now_ns + (missed ? kLookAgainNs : kMapsEveryNs), missed};
  return std::nullopt;
}

bool DrainedRing::is_deserted() {
  const uint64_t now_ns = monotonic_ns();
  if (ours_ || live_processes() != 0 || now_ns - users_looked_ns_ < kMapsEveryNs) return false;
  users_looked_ns_ = now_ns;
  return !is_mapped_elsewhere(identity_);
}

std::optional<std::string> DrainedRing::news_untrusted() {
  const FileHeader &header = file_.header();
  std::string notice(header.notice, strnlen(header.notice, sizeof header.notice));
  if (notice.empty() || notice == notice_) return std::nullopt;
  return notice_ = std::move(notice);
}

void DrainedRing::finish() {
  collector_.drain();
  const bool used = live_processes() != 0 || is_mapped_elsewhere(identity_);
  collector_.finish();
  if (!used) ::unlink(path().c_str());
}

}  // namespace wsitrace
