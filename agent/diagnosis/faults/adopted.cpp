// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/adopted.h"

#include <fmt/format.h>

#include "agent/lws/callbacks.h"
#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr size_t kManyLeft = 3;
constexpr Ns kWithinCallNs = 5'000'000;  // what an application does in a callback is done by then

bool has_turns(const Connection &connection) {
  return connection.origin == Origin::kAccepted || connection.origin == Origin::kOutbound;
}

}  // namespace

void Adopted::event(const Connection &connection, const Event &event) {
  if (event.kind == k_ESTABLISHED || event.kind == k_CLIENT_ESTABLISHED) sessions_.insert(connection.id);
  if (!has_turns(connection)) return;
  if (recent_ == nullptr || event.thread != recent_thread_) recent_ = &last_on_thread_[event.thread];
  recent_thread_ = event.thread;
  const bool is_session = !sessions_.empty() && sessions_.contains(connection.id);
  *recent_ = {is_session ? connection.id : 0, event.time_ns};
}

void Adopted::opened(const Connection &connection) {
  const auto last = last_on_thread_.find(connection.opened_thread.value_or(0));
  if (last == last_on_thread_.end() || last->second.session == 0) return;
  if (connection.opened_ns <= last->second.time_ns + kWithinCallNs) begun_in_[connection.id] = last->second.session;
}

void Adopted::closed(const Connection &connection) {
  sessions_.erase(connection.id);
  begun_in_.erase(connection.id);
}

// One that the program made: it has left its session behind, as one of several.
void Adopted::judge_outbound(const std::vector<const Connection *> &left, Groups &groups) {
  std::string target = left.empty() ? "" : left.front()->target;
  for (const Connection *one : left)
    if (one->target != target) target.clear();
  for (const Connection *one : left) {
    Finding &finding = groups.add(Cause::kOutboundOutlivesSession, *one, protocol_of(*one));
    finding.certain = false;  // a pool may be filled in such callbacks
    const bool is_one = finding.count == 1;
    finding.message =
        fmt::format("{} of protocol {}{} {} still open, made in a callback of a websocket session that has ended",
                    count_text(finding.count, "outbound connection"), finding.protocol,
                    target.empty() ? "" : " to " + target, is_one ? "is" : "are");
  }
}

void Adopted::judge(const Timeline &timeline, Groups &groups) const {
  if (timeline.contexts_gone() || begun_in_.empty()) return;
  std::map<Origin, std::set<uint64_t>> ended;  // sessions that have left one
  std::map<Origin, std::vector<const Connection *>> left;
  timeline.for_each_open([&](const Connection &open) {
    const auto session = begun_in_.find(open.id);
    if (session == begun_in_.end() || sessions_.contains(session->second)) return;
    ended[open.origin].insert(session->second);
    left[open.origin].push_back(&open);
  });
  if (ended[Origin::kAdopted].size() >= 2)
    for (const Connection *open : left[Origin::kAdopted]) {
      const std::string_view protocol =
          open->bindings.empty() ? open->last_callback_protocol : open->bindings.back().protocol;
      groups.add(Cause::kAdoptedOutlivesSession, *open, protocol);
    }
  // A request that waits for its answer is another matter.
  std::erase_if(left[Origin::kOutbound],
                [](const Connection *one) { return one->state == State::kHandshake || !one->connected_ns; });
  if (ended[Origin::kOutbound].size() >= kManyLeft && left[Origin::kOutbound].size() >= kManyLeft)
    judge_outbound(left[Origin::kOutbound], groups);
}

}  // namespace wsitrace
