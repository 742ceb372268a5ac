// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/adopted.h"

#include <fmt/format.h>

#include "agent/lws/callbacks.h"
#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr size_t kManyLeft = 3;
// What an application does in a callback is done by then, on a busy machine, too.
constexpr Ns kWithinCallNs = 15'000'000;

bool has_turns(const Connection &connection) {
  return connection.origin == Origin::kAccepted || connection.origin == Origin::kOutbound;
}

std::string_view protocol_of_adopted(const Connection &connection) {
  return connection.bindings.empty() ? connection.last_callback_protocol : connection.bindings.back().protocol;
}

}  // namespace

void Adopted::event(const Connection &connection, const Event &event) {
  if (event.kind == k_ESTABLISHED || event.kind == k_CLIENT_ESTABLISHED) sessions_.insert(connection.id);
  if (!has_turns(connection)) return;
  if (recent_ == nullptr || event.thread != recent_thread_) recent_ = &last_on_thread_[event.thread];
  recent_thread_ = event.thread;
  const bool is_session = !sessions_.empty() && sessions_.contains(connection.id);
  const bool is_request = !is_session && connection.origin == Origin::kAccepted &&
                          (event.kind == k_HTTP || event.kind == k_HTTP_BODY_COMPLETION);
  *recent_ = {is_session ? connection.id : 0, event.time_ns, is_request ? connection.id : 0};
}

void Adopted::opened(const Connection &connection) {
  const auto last = last_on_thread_.find(connection.opened_thread.value_or(0));
  if (last == last_on_thread_.end() || connection.opened_ns > last->second.time_ns + kWithinCallNs) return;
  if (last->second.session != 0) begun_in_[connection.id] = last->second.session;
  if (last->second.request == 0 || connection.origin != Origin::kAdopted) return;
  begun_by_request_[connection.id] = last->second.request;
  askers_.insert(last->second.request);
}

void Adopted::closed(const Connection &connection) {
  sessions_.erase(connection.id);
  begun_in_.erase(connection.id);
  askers_.erase(connection.id);
  if (begun_by_request_.erase(connection.id) == 0 || !connection.close) return;
  if (connection.close->reason != CloseReason::kContextDestroyed) ending_.emplace(protocol_of_adopted(connection));
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

// One of each request, all of them idle since.
void Adopted::judge_of_requests(const Timeline &timeline, Groups &groups) const {
  std::map<std::string_view, std::set<uint64_t>> ended;  // requests' connections, by protocol
  std::map<std::string_view, std::vector<const Connection *>> left;
  timeline.for_each_open([&](const Connection &open) {
    const auto asker = begun_by_request_.find(open.id);
    if (asker == begun_by_request_.end() || askers_.contains(asker->second)) return;
    const std::string_view protocol = protocol_of_adopted(open);
    ended[protocol].insert(asker->second);
    left[protocol].push_back(&open);
  });
  for (const auto &[protocol, kept] : left) {
    if (ended[protocol].size() < kManyLeft || ending_.contains(protocol)) continue;
    for (const Connection *open : kept) {
      Finding &finding = groups.add(Cause::kAdoptedOutlivesSession, *open, protocol);
      finding.certain = false;
      finding.message = fmt::format(
          "{} of protocol {} are still open, adopted in LWS_CALLBACK_HTTP of connections that have ended; none ever "
          "ended",
          count_text(finding.count, "adopted descriptor"), protocol);
      finding.advice =
          "close it when the response is complete or the connection ends (LWS_CALLBACK_CLOSED_HTTP), with "
          "lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC) for the wsi that was adopted";
    }
  }
}

void Adopted::judge(const Timeline &timeline, Groups &groups) const {
  if (timeline.contexts_gone()) return;
  if (!begun_by_request_.empty()) judge_of_requests(timeline, groups);
  if (begun_in_.empty()) return;
  std::map<Origin, std::set<uint64_t>> ended;  // sessions that have left one
  std::map<Origin, std::vector<const Connection *>> left;
  timeline.for_each_open([&](const Connection &open) {
    const auto session = begun_in_.find(open.id);
    if (session == begun_in_.end() || sessions_.contains(session->second)) return;
    ended[open.origin].insert(session->second);
    left[open.origin].push_back(&open);
  });
  if (ended[Origin::kAdopted].size() >= 2)
    for (const Connection *open : left[Origin::kAdopted])
      groups.add(Cause::kAdoptedOutlivesSession, *open, protocol_of_adopted(*open));
  // A request that waits for its answer is another matter.
  std::erase_if(left[Origin::kOutbound],
                [](const Connection *one) { return one->state == State::kHandshake || !one->connected_ns; });
  if (ended[Origin::kOutbound].size() >= kManyLeft && left[Origin::kOutbound].size() >= kManyLeft)
    judge_outbound(left[Origin::kOutbound], groups);
}

}  // namespace wsitrace
