// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/connects.h"

#include <algorithm>

namespace wsitrace {
namespace {

constexpr size_t kManyPending = 8;
constexpr size_t kManySteps = 5;
constexpr Ns kStepNs = 10'000'000;
constexpr Ns kLongPendingNs = 300'000'000;

bool is_outbound(const Connection &connection) {
  return connection.origin == Origin::kOutbound && connection.cls == ConnectionClass::kClient;
}

}  // namespace

void Connects::opened(const Connection &connection) {
  if (!is_outbound(connection)) return;
  Target &target = targets_[connection.target];
  const Ns now_ns = connection.opened_ns;
  target.vhost = connection.vhost;
  target.pending.emplace(connection.id, now_ns);
  if (now_ns - target.last_begun_ns >= kStepNs) target.steps.push_back(now_ns);
  target.last_begun_ns = now_ns;
  const Ns oldest_ns = target.pending.begin()->second;
  while (!target.steps.empty() && target.steps.front() < oldest_ns) target.steps.pop_front();
  const bool piles_up = target.pending.size() >= kManyPending && target.steps.size() >= kManySteps &&
                        now_ns - oldest_ns >= kLongPendingNs && target.last_success_ns <= oldest_ns;
  if (!piles_up || target.pending.size() <= target.most) return;
  target.most = target.pending.size();
  if (target.piled.empty())
    for (const auto &[id, begun_ns] : target.pending) target.piled.push_back(id);
  else if (target.piled.size() < kKeptConnections) target.piled.push_back(connection.id);
  if (target.first_ns == 0) target.first_ns = oldest_ns;
  target.last_ns = now_ns;
}

void Connects::forget(const std::string &name, uint64_t id, bool succeeded, Ns now_ns) {
  const auto target = targets_.find(name);
  if (target == targets_.end() || target->second.pending.erase(id) == 0) return;
  if (succeeded) {
    target->second.last_success_ns = now_ns;
    const std::vector<uint64_t> &piled = target->second.piled;
    target->second.answered += static_cast<uint64_t>(std::count(piled.begin(), piled.end(), id));
  }
  if (target->second.pending.empty() && target->second.piled.empty()) targets_.erase(target);
}

// What shares a connection of h2 or mqtt began as an attempt of its own, and an answer to it is one to the connection that carries it.
void Connects::answered(const Connection &connection, Ns now_ns) {
  forget(connection.target, connection.id, true, now_ns);
  if (connection.parent) forget(connection.target, *connection.parent, true, now_ns);
}

void Connects::closed(const Connection &connection) { forget(connection.target, connection.id, false, 0); }

void Connects::judge(Groups &groups) const {
  for (const auto &[name, target] : targets_) {
    if (target.piled.empty() || 2 * target.answered >= target.piled.size()) continue;
    Finding &finding = groups.of(Cause::kConnectsPilingUp, target.vhost, {});
    finding.count = std::max(finding.count, target.most);
    finding.connections = target.piled;
    finding.first_ns = target.first_ns;
    finding.last_ns = target.last_ns;
    finding.message = std::to_string(target.most) + " outbound attempts" + (name.empty() ? "" : " to " + name) +
                      " were pending at the same time, begun one after the other while none succeeded";
  }
}

}  // namespace wsitrace
