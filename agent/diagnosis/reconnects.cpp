// SPDX-License-Identifier: MIT
#include "agent/diagnosis/reconnects.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/diagnosis.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kPromptNs = 20'000'000;  // no program waits so short a time on purpose
constexpr Ns kNoPauseNs = 5'000'000;  // on a busy machine; shorter ones are nobody's timer
constexpr uint64_t kFew = 5;          // attempts without a pause
constexpr double kNsPerSecond = 1e9;

bool is_attempt(const Connection &connection) {
  return connection.origin == Origin::kOutbound && !connection.parent && !connection.target.empty();
}

bool was_answered(const Connection &connection) {
  const auto is_done = [](const Transaction &one) { return one.outcome == Outcome::kCompleted; };
  return std::any_of(connection.transactions.begin(), connection.transactions.end(), is_done);
}

// Raw: connected, and no HTTP.
bool was_raw(const Connection &connection) { return is_raw(connection) && connection.connected_ns.has_value(); }

// Both sides had said something; TCP counts one byte for the peer's FIN.
bool was_talk(const Connection &connection) {
  return connection.tcp && connection.tcp->received_bytes > 1 && connection.tcp->sent_bytes > 1;
}

// Whether the server, or the way to it, ended it before it was of use.
bool has_failed(const Connection &connection) {
  if (!connection.close || connection.close->reason == CloseReason::kContextDestroyed || was_answered(connection))
    return false;
  if (was_raw(connection))
    return connection.close->by == CloseBy::kPeer && !was_talk(connection) &&
           connection.closed_ns.value_or(connection.opened_ns) < *connection.connected_ns + kStormSessionNs;
  if (!connection.session) return connection.close->by != CloseBy::kLocal || connection.tls;
  const Ns until_ns = connection.closed_ns.value_or(connection.session->established_ns);
  return connection.close->by == CloseBy::kPeer && until_ns < connection.session->established_ns + kStormSessionNs;
}

double rate_of(const Reconnects::Row &row) {
  return static_cast<double>(row.count) * kNsPerSecond /
         static_cast<double>(std::max<Ns>(row.last_ns - row.first_ns, 1));
}

std::string rate_text(double per_second) {
  return per_second < 10 ? fmt::format("{:.1f}", per_second) : fmt::format("{:.0f}", per_second);
}

}  // namespace

bool Reconnects::Row::is_storm() const {
  const double rate = rate_of(*this);
  const auto are_most = [this](uint64_t some) { return some * 5 >= (count - 1) * 4; };
  if (count < kFew || !are_most(after)) return false;
  return (are_most(prompt) && rate >= 2) || (count >= kStormAttempts && rate >= kStormPerSecond);
}

std::string Reconnects::Row::text() const {
  const std::string pause =
      prompt + 1 >= count
          ? (longest_pause_ns < kNoPauseNs
                 ? fmt::format("each began at once after the one before had ended, without a pause ({} at most)",
                               span_text(longest_pause_ns))
                 : fmt::format("each began {} or less after the one before had ended", span_text(longest_pause_ns)))
          : fmt::format("{} of them began at once after the one before had ended, without a pause", prompt);
  return fmt::format("{} attempts {} in {}, {} per second; {}.", count,
                     sessions == count ? "were ended by the server" : "failed", span_text(first_ns, last_ns),
                     rate_text(rate_of(*this)), pause);
}

Reconnects::Target *Reconnects::target_of(const Connection &connection) {
  if (!is_attempt(connection)) return nullptr;
  const auto found = targets_.find(connection.target);
  if (found != targets_.end()) return &found->second;
  return targets_.size() < kTargets ? &targets_[connection.target] : nullptr;
}

void Reconnects::note_left(const Connection &connection) {
  if (!connection.session || !connection.close || connection.close->by != CloseBy::kPeer) return;
  left_ = Left{connection.id,
               *connection.closed_ns,
               connection.target,
               std::string(connection.vhost),
               std::string(connection.session->protocol),
               connection.close->ws_code,
               std::nullopt};
}

void Reconnects::context_ends(Ns now_ns) {
  if (left_ && !left_->until_ns) left_->until_ns = now_ns;
}

void Reconnects::opened(const Connection &connection) {
  if (is_attempt(connection)) left_.reset();
  Target *target = target_of(connection);
  if (target == nullptr) return;
  if (target->failed_ns && connection.opened_ns >= *target->failed_ns) {
    const Ns pause_ns = connection.opened_ns - *target->failed_ns;
    target->now.longest_pause_ns = std::max(target->now.longest_pause_ns, pause_ns);
    ++target->now.after;
    if (pause_ns <= kPromptNs) ++target->now.prompt;
  }
  target->failed_ns.reset();
  ++target->open;
  if (target->now.count == 0) target->now.first_ns = connection.opened_ns;
}

void Reconnects::failing(const Connection &connection, Ns now_ns) {
  Target *target = target_of(connection);
  if (target == nullptr) return;
  target->failed_ns = now_ns;
  target->failing_id = connection.id;
}

void Reconnects::closed(const Connection &connection) {
  inbound_.closed(connection);
  Target *target = target_of(connection);
  if (target == nullptr || !connection.closed_ns) return;
  if (target->open > 0 && --target->open == 0) note_left(connection);
  if (!has_failed(connection)) {
    target->now = {};
    target->failed_ns.reset();
    return;
  }
  if (target->failing_id != connection.id) target->failed_ns = connection.closed_ns;
  Row &row = target->now;
  if (row.count == 0) row.first_ns = connection.opened_ns;
  ++row.count;
  if (connection.session || was_raw(connection)) ++row.sessions;
  row.last_ns = *connection.closed_ns;
  if (row.ids.size() < kKeptIds) row.ids.push_back(connection.id);
  if (row.count > target->longest.count) target->longest = row;
}

const Reconnects::Row *Reconnects::storm(const std::string &target) const {
  const auto found = targets_.find(target);
  return found != targets_.end() && found->second.longest.is_storm() ? &found->second.longest : nullptr;
}

std::vector<std::string> Reconnects::targets() const {
  std::vector<std::string> names;
  for (const auto &[name, target] : targets_) names.push_back(name);
  return names;
}

}  // namespace wsitrace
