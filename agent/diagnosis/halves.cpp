// SPDX-License-Identifier: MIT
#include "agent/diagnosis/halves.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/lws/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr Ns kSameCallNs = 5'000'000;     // what an application does in a callback is done by then
constexpr Ns kKeptForNs = 1'000'000'000;  // a program that closes the other half, too, does it sooner

bool is_half(const Connection &connection) {
  return connection.origin == Origin::kAccepted && connection.role == Role::kRaw;
}

}  // namespace

void Halves::event(const Connection &connection, const Event &event) {
  if (event.kind == k_RAW_ADOPT) turns_[event.thread] = {connection.id, event.time_ns};
}

void Halves::opened(const Connection &connection) {
  if (connection.origin != Origin::kOutbound) return;
  const auto turn = turns_.find(connection.opened_thread.value_or(0));
  if (turn == turns_.end() || connection.opened_ns > turn->second.at_ns + kSameCallNs) return;
  made_in_[connection.id] = turn->second.id;
  outbound_of_[turn->second.id].insert(connection.id);
  gone_.erase(turn->second.id);
}

void Halves::keep(Kept &kept, const Connection &accepted, const Gone &gone, Ns until_ns) {
  if (!is_half(accepted) || until_ns < gone.at_ns + kKeptForNs) return;
  if (kept.count++ == 0) {
    kept.first = gone;
    kept.vhost = accepted.vhost;
    kept.protocol = protocol_of(accepted);
  }
  kept.failed += gone.was_connected ? 0 : 1;
  kept.longest_ns = std::max(kept.longest_ns, until_ns - gone.at_ns);
  if (kept.ids.size() < kKeptIds) kept.ids.push_back(accepted.id);
}

void Halves::closed(const Connection &connection) {
  const Ns now_ns = connection.closed_ns.value_or(0);
  if (const auto accepted = made_in_.find(connection.id); accepted != made_in_.end()) {
    const auto others = outbound_of_.find(accepted->second);
    if (others != outbound_of_.end()) {
      others->second.erase(connection.id);
      const bool by_destroy = connection.close && connection.close->reason == CloseReason::kContextDestroyed;
      if (others->second.empty() && !by_destroy && now_ns != 0)
        gone_[accepted->second] = {connection.id, now_ns, connection.connected_ns.has_value(), connection.target};
    }
    made_in_.erase(accepted);
    return;
  }
  outbound_of_.erase(connection.id);
  const auto gone = gone_.find(connection.id);
  if (gone == gone_.end()) return;
  keep(kept_, connection, gone->second, now_ns);
  gone_.erase(gone);
}

void Halves::add(std::vector<Diagnosis> &to, const Timeline &timeline, const LogFacts &log) const {
  Kept kept = kept_;
  timeline.for_each_open([&](const Connection &open) {
    if (const auto gone = gone_.find(open.id); gone != gone_.end()) keep(kept, open, gone->second, log.last_ns);
  });
  if (kept.count == 0) return;
  const uint64_t first_kept = kept.ids.front();
  std::sort(kept.ids.begin(), kept.ids.end());
  const bool is_one = kept.count == 1, all_failed = kept.failed == kept.count;
  Diagnosis out = diagnosis_of(Cause::kHalfKept, kept.count, {});
  out.headline = is_one ? fmt::format(
                              "accepted connection {} was kept after the outbound connection that was made in "
                              "its callback had {}",
                              kept.ids.front(), all_failed ? "failed" : "ended")
                        : fmt::format(
                              "{} were kept after the outbound connections that were made in their callbacks "
                              "had {}",
                              count_text(kept.count, "accepted connection"), all_failed ? "failed" : "ended");
  out.certainty = Certainty::kLikely;
  out.connections = kept.ids;
  out.vhost = kept.vhost;
  out.protocol = kept.protocol;
  out.first_ns = kept.first.at_ns;
  out.why.push_back(fmt::format("Connection {}{} {} at {}, and accepted connection {} stayed open for {} more{}.",
                                kept.first.id, kept.first.target.empty() ? "" : " to " + printable(kept.first.target),
                                kept.first.was_connected ? "ended" : "failed",
                                time_text(kept.first.at_ns, log.started_ns), first_kept,
                                is_one ? span_text(0, kept.longest_ns) : "up to " + span_text(0, kept.longest_ns),
                                is_one ? "" : ", as others did"));
  out.why.emplace_back("Its peer waits for an answer that can no longer come.");
  to.push_back(std::move(out));
}

}  // namespace wsitrace
