// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/growth.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kQuietNs = 20'000'000;  // at least; a load has no pauses as long as those between loads
constexpr Ns kQuietPart = 50;        // of the time from first to last

bool is_client(const Connection &connection) {
  return connection.cls == ConnectionClass::kClient && connection.origin != Origin::kStream;
}

// No peer is known, or one of a unix socket.
bool is_local(const Connection &connection) { return connection.peer.empty() || connection.peer.starts_with("unix:"); }

struct Round {
  uint64_t begun = 0, ended = 0;
  [[nodiscard]] uint64_t left() const { return begun > ended ? begun - ended : 0; }
  [[nodiscard]] bool leaks() const { return ended > 0 && left() > 0; }
};

// Loads that leave about the same: within a factor of two of each other.
bool is_like(const Round &a, const Round &b) { return a.left() <= 2 * b.left() && b.left() <= 2 * a.left(); }

// How many loads at the end leaked: a growth that has stopped was a pool that filled up. Enough of them are kRounds that leave about the
// same, or kUnlikeRounds that do not.
size_t last_row(const std::vector<Round> &rounds) {
  constexpr size_t kUnlikeRounds = 6;
  size_t leaking = 0, alike = 0;
  for (size_t i = rounds.size(); i > 0 && rounds[i - 1].leaks(); --i) {
    if (alike == leaking && (leaking == 0 || is_like(rounds[i - 1], rounds[i]))) ++alike;
    ++leaking;
  }
  return leaking >= kUnlikeRounds ? leaking : alike;
}

}  // namespace

size_t Growth::ended_in(const Steps &steps) {
  const auto ended = [](const Step &step) { return step.what == What::kEnded; };
  return static_cast<size_t>(std::count_if(steps.begin(), steps.end(), ended));
}

void Growth::add(Steps &steps, Step step) {
  if (steps.size() <= kKeptSteps) steps.push_back(step);
}

void Growth::opened(const Connection &connection) {
  if (!is_client(connection)) return;
  if (connection.origin == Origin::kAdopted && is_local(connection)) open_adopted_.insert(connection.id);
  add(vhosts_[std::string(connection.vhost)], {connection.opened_ns, connection.id, What::kBegun, Role::kUnknown});
}

void Growth::closed(const Connection &connection) {
  if (connection.origin == Origin::kAdopted) {
    vhosts_with_ends_.insert(std::string(connection.vhost));
    open_adopted_.erase(connection.id);
  }
  if (!is_client(connection) || !connection.closed_ns || !connection.close) return;
  const CloseReason reason = connection.close->reason;
  const bool taken = reason == CloseReason::kContextDestroyed || reason == CloseReason::kVhostDestroyed;
  add(vhosts_[std::string(connection.vhost)],
      {*connection.closed_ns, connection.id, taken ? What::kTaken : What::kEnded, connection.role});
}

void Growth::judge(const Timeline &timeline, Groups &groups) const {
  std::unordered_map<uint64_t, Role> open_roles;  // of all vhosts, once one is worth a look
  for (const auto &[vhost, steps] : vhosts_) {
    if (steps.size() < 2 * kRounds || steps.size() > kKeptSteps || ended_in(steps) < kRounds) continue;
    std::unordered_map<uint64_t, Role> role_of;
    for (const Step &step : steps)
      if (step.what != What::kBegun) role_of[step.id] = step.role;
    if (open_roles.empty()) timeline.for_each_open([&](const Connection &open) { open_roles[open.id] = open.role; });
    std::map<Role, Steps> roles;
    for (const Step &step : steps) {
      if (step.what == What::kTaken) continue;
      const auto open = open_roles.find(step.id);
      roles[open != open_roles.end() ? open->second : role_of[step.id]].push_back(step);
    }
    for (const auto &[role, of_role] : roles) judge_role(of_role, vhost, groups);
  }
  if (!timeline.contexts_gone() && !open_adopted_.empty()) judge_kept(timeline, groups);
}

// Whom the program accepted by itself and handed to lws may come and stay.
void Growth::judge_kept(const Timeline &timeline, Groups &groups) const {
  constexpr uint64_t kLeastLoad = 2;
  std::map<std::pair<std::string_view, Role>, std::vector<const Connection *>> alike;
  timeline.for_each_open([&](const Connection &open) {
    if (open.origin == Origin::kAdopted && is_client(open) && is_local(open) && !open.session &&
        !vhosts_with_ends_.contains(std::string(open.vhost)))
      alike[{open.vhost, open.role}].push_back(&open);
  });
  for (const auto &[key, kept] : alike) {
    const Ns quiet_ns = std::max(kQuietNs, (kept.back()->opened_ns - kept.front()->opened_ns) / kQuietPart);
    std::vector<Round> rounds(1);
    for (size_t i = 0; i < kept.size(); ++i) {
      if (i > 0 && kept[i]->opened_ns > kept[i - 1]->opened_ns + quiet_ns) rounds.emplace_back();
      ++rounds.back().begun;
    }
    const auto is_load = [&](const Round &one) { return one.begun >= kLeastLoad && is_like(one, rounds.front()); };
    if (rounds.size() < kRounds || !std::all_of(rounds.begin(), rounds.end(), is_load)) continue;
    Finding &finding = groups.of(Cause::kConnectionsGrow, key.first, {});
    finding.count += kept.size();
    for (const Connection *one : kept)
      if (finding.connections.size() < kKeptConnections) finding.connections.push_back(one->id);
    finding.first_ns = kept.front()->opened_ns;
    finding.last_ns = kept.back()->opened_ns;
    finding.message = count_text(kept.size(), "adopted connection") + " stayed open, " +
                      std::to_string(rounds.front().begun) + " or so more after each of " +
                      std::to_string(rounds.size()) + " loads, and none has ended";
  }
}

void Growth::judge_role(const Steps &steps, std::string_view vhost, Groups &groups) {
  const Ns quiet_ns = std::max(kQuietNs, (steps.back().time_ns - steps.front().time_ns) / kQuietPart);
  std::vector<Round> rounds(1);
  for (size_t i = 0; i < steps.size(); ++i) {
    const bool begun = steps[i].what == What::kBegun;
    const bool after_quiet = i > 0 && steps[i].time_ns > steps[i - 1].time_ns + quiet_ns;
    if (after_quiet && begun && rounds.back().ended > 0) rounds.emplace_back();  // a load may pause before it ends
    ++(begun ? rounds.back().begun : rounds.back().ended);
  }
  const size_t row = last_row(rounds);
  if (row < kRounds) return;
  std::set<uint64_t> open;
  for (const Step &step : steps) step.what == What::kBegun ? (void)open.insert(step.id) : (void)open.erase(step.id);
  if (open.size() < row) return;
  Finding &finding = groups.of(Cause::kConnectionsGrow, vhost, {});
  finding.count += open.size();
  for (const uint64_t id : open)
    if (finding.connections.size() < kKeptConnections) finding.connections.push_back(id);
  finding.first_ns = steps.front().time_ns;
  finding.last_ns = steps.back().time_ns;
  finding.message = count_text(finding.count, "connection") + " stayed open, more after each of " +
                    std::to_string(row) + " loads in a row";
}

}  // namespace wsitrace
