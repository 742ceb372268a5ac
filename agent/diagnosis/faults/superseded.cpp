// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/superseded.h"

#include <algorithm>

#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr size_t kManySessions = 8;  // as with attempts that pile up (connects.cpp)
constexpr size_t kManyInTurn = 5;    // same
constexpr Ns kTurnNs = 10'000'000;
constexpr Ns kSlackNs =
    10'000'000;  // the kernel counts in milliseconds, and the upgrade's own segments come after its callback

// A session, a raw connection, or an answer that goes on and on, as an event stream does.
OptionalNs established(const Connection &connection) {
  if (connection.session) return connection.session->established_ns;
  if (is_raw(connection)) return connection.connected_ns;
  if (connection.transactions.size() != 1 || connection.transactions.back().completed_ns) return std::nullopt;
  return connection.transactions.back().responded_ns;
}

}  // namespace

void Superseded::add(Targets &targets, const Connection &connection, Ns looked_at_ns) {
  const OptionalNs established_ns = established(connection);
  if (connection.origin != Origin::kOutbound || !established_ns) return;
  const std::string path = connection.transactions.empty() ? "" : connection.transactions.back().path;
  const std::string_view protocol = protocol_of(connection);
  Target &target = targets[{connection.target, path, std::string(protocol)}];
  target.vhost = connection.vhost;
  target.protocol = protocol;
  target.what = connection.session   ? "outbound websocket session"
                : is_raw(connection) ? "outbound raw connection"
                                     : "outbound connection";
  if (target.sessions.size() >= kKeptConnections) return;
  const Ns unheard_ns = connection.tcp ? std::min(connection.tcp->unheard_ns, looked_at_ns) : 0;
  target.sessions.push_back({connection.id, *established_ns, looked_at_ns - unheard_ns});
}

void Superseded::closed(const Connection &connection) {
  if (connection.close && connection.close->reason == CloseReason::kContextDestroyed && connection.closed_ns)
    add(closed_, connection, *connection.closed_ns);
}

void Superseded::judge(const Timeline &timeline, Groups &groups) const {
  Targets targets = closed_;
  if (timeline.end() != nullptr)  // before it no socket of an open one was looked at
    timeline.for_each_open([&](const Connection &open) { add(targets, open, timeline.last_event_ns()); });
  for (auto &[name, target] : targets) judge_target(std::get<0>(name), std::move(target), groups);
}

void Superseded::judge_target(const std::string &name, Target target, Groups &groups) {
  std::vector<Session> &all = target.sessions;
  if (all.size() <= kManySessions) return;
  std::sort(all.begin(), all.end(),
            [](const Session &a, const Session &b) { return a.established_ns < b.established_ns; });
  std::vector<uint64_t> idle;
  size_t steps = 0;
  Ns first_ns = 0, last_ns = 0;
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    const Ns newer_ns = all[i + 1].established_ns;
    if (newer_ns < all[i].established_ns + kTurnNs || all[i].heard_ns > newer_ns + kSlackNs) continue;
    ++steps;
    idle.push_back(all[i].id);
    if (first_ns == 0) first_ns = newer_ns;
    last_ns = newer_ns;
  }
  if (idle.size() < kManySessions || steps < kManyInTurn || 2 * idle.size() < all.size()) return;
  Finding &finding = groups.of(Cause::kSessionsSuperseded, target.vhost, target.protocol);
  finding.count += idle.size();
  finding.certain = false;
  finding.connections.insert(finding.connections.end(), idle.begin(), idle.end());
  finding.first_ns = std::min(finding.first_ns.value_or(first_ns), first_ns);
  finding.last_ns = std::max(finding.last_ns.value_or(last_ns), last_ns);
  finding.message = count_text(finding.count, target.what) + (name.empty() ? "" : " to " + name) +
                    (finding.count == 1 ? " was" : " were") + " kept open though a newer one had taken " +
                    (finding.count == 1 ? "its" : "their") + " place, and heard nothing since";
}

}  // namespace wsitrace
