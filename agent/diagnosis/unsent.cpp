// SPDX-License-Identifier: MIT
//
// Outbound requests that wait without a socket: for a header table, or behind another request to the same server.
#include <fmt/format.h>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kUnsentNs = 500'000'000;

bool waits_without_socket(const Case &of) {
  return waited_to_the_end(of) && !has_socket(of.connection) && !of.connection.connected_ns && of.last() == nullptr &&
         !of.connection.session && of.connection.attempted.empty() &&
         of.until_ns() >= of.connection.opened_ns + kUnsentNs;
}

}  // namespace

// lws has a place for the request of a connection in one of its header tables; while all are in use, it waits, without a callback.
std::optional<Symptom> no_table_for_request(const Case &of) {
  const bool waited = of.is_open() || of.ended_as(CloseReason::kContextDestroyed) ||
                      of.ended_as(CloseReason::kTimeout) || of.ended_as(CloseReason::kConnectFailed);
  if (!waited || !of.premises.found_no_header_table(of.connection.id) || of.connection.connected_ns ||
      of.connection.fd || of.last() != nullptr || of.connection.session || is_raw(of.connection) ||
      of.until_ns() < of.connection.opened_ns + kUnsentNs)
    return std::nullopt;
  return Symptom{
      Cause::kNeverSent,
      "no header table was free",
      {fmt::format(
           "The context has {} (max_http_header_pool), and as many outbound connections were open when this one "
           "was made: lws sends its request when one of them is done.",
           count_text(of.premises.header_pool(), "header table")),
       fmt::format("It waited {} for one, without a socket; no callback reports that.",
                   wait_text(of, of.connection.opened_ns))},
      Certainty::kLikely,
      "raise max_http_header_pool of the context, or leave it at 0 to have one for each descriptor; or have fewer "
      "requests under way at a time"};
}

std::optional<Symptom> no_socket(const Case &of) {
  if (!waits_without_socket(of) || !of.log.by_preload || of.log.lossy()) return std::nullopt;
  return Symptom{
      Cause::kNeverSent,
      "lws made no socket for it",
      {fmt::format(
          "lws_client_connect_via_info() returned a wsi; in {} lws did not begin to connect it, and no callback "
          "reported that.",
          wait_text(of, of.connection.opened_ns))},
      Certainty::kLikely,
      "see what it waits for: the address of the name, where libwebsockets asks the name servers by itself "
      "(LWS_WITH_SYS_ASYNC_DNS), or another connection to the same server (LCCSCF_PIPELINE)"};
}

// It waits behind another one for the same socket, in which an answer does not end.
std::optional<Symptom> waits_in_queue(const Case &of) {
  if (!waits_without_socket(of) || is_raw(of.connection)) return std::nullopt;
  const Sharing::Leader *leader = of.premises.sharing().leader_of(of.connection.id);
  const bool waited_for_it = leader != nullptr && leader->has_socket && !leader->has_answered &&
                             leader->closed_ns.value_or(of.until_ns()) + kUnsentNs > of.until_ns();
  if (!waited_for_it) return std::nullopt;
  Symptom symptom{
      Cause::kNeverSent,
      fmt::format("it was queued behind connection {}", leader->id),
      {fmt::format("It waited {} without a socket of its own. Connection {} to the same server was open, and lws sends "
                   "this request there when the one before has been answered (LCCSCF_PIPELINE).",
                   wait_text(of, of.connection.opened_ns), leader->id),
       leader->request.empty() ? std::string("That one had not sent its own request by then.")
       : leader->status        ? fmt::format("The answer to {} had begun with {}, and had not ended by then.",
                                             printable(leader->request), *leader->status)
                               : fmt::format("{} was not answered.", printable(leader->request))},
      Certainty::kLikely,
      {}};
  if (leader->status)
    symptom.why.emplace_back(
        "For lws an answer with neither Content-Length nor chunks lasts as long as its connection, also where its "
        "status is 204.");
  return symptom;
}

std::optional<Symptom> never_sent(const Case &of) {
  if (!of.ended_as(CloseReason::kLeaderFailed)) return std::nullopt;
  return Symptom{Cause::kNeverSent,
                 fmt::format("it was queued behind {}", printable(of.connection.close->detail)),
                 {fmt::format("It waited {} behind another request on a shared connection, whose response did not end; "
                              "when that connection failed, lws freed this one with it.",
                              wait_text(of, of.connection.opened_ns))},
                 Certainty::kLikely,
                 {}};
}

}  // namespace wsitrace
