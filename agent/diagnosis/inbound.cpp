// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/export/explain/callbacks.h"
#include "agent/export/explain/spans.h"
#include "agent/export/text/printable.h"
#include "agent/lws/timeouts.h"

namespace wsitrace {
namespace {

constexpr uint64_t kHeaderBytes = 4096;  // max_http_header_data where it is not set
constexpr Ns kPatienceNs = 500'000'000;  // whoever waits that long for a handler may well wait for a bug
constexpr int kNoPendingTimeout = 0;

std::string refusal_text(const Clues &clues) {
  return fmt::format("{} of protocol {} returned non-zero", callback_name(*clues.refused), quoted(clues.refused_by));
}

// The handler was told of the request, and not yet that its body is complete.
bool awaits_body(const Case &of, const Transaction &transaction) {
  const bool brings_body = transaction.method == "POST" || transaction.method == "PUT" || transaction.method == "PATCH";
  return brings_body && !of.clues.has(k_HTTP_BODY_COMPLETION);
}

std::string status_text(const Transaction &transaction) {
  return transaction.status ? fmt::format("status {}", *transaction.status) : "a status that is not known";
}

// A handler was called and its work has not ended: what it did so far.
Symptom unanswered(const Case &of, const Transaction &last) {
  const std::string waited = span_text(last.requested_ns, of.until_ns());
  if (!last.responded_ns)
    return {Cause::kResponseOwed,
            request_text(&last),
            {fmt::format("The handler of protocol {} was called {} after the request; no response was sent for {}.",
                         quoted(last.protocol), span_text(last.requested_ns, *last.handled_ns), waited),
             fmt::format("The last callback recorded on it: {}.", in_charge_text(of.connection))},
            Certainty::kProven,
            {}};
  return {Cause::kResponseUnfinished,
          request_text(&last),
          {fmt::format("The handler of protocol {} sent {} and all of its response, and never called "
                       "lws_http_transaction_completed(), for {}.",
                       quoted(last.protocol), status_text(last), waited),
           "Until it does, lws handles no further request on that connection: a later one waits, unread."},
          Certainty::kProven,
          {}};
}

// A response that is still being sent, as an event stream is for hours, is not forgotten.
bool is_forgotten(const Transaction &last) { return !last.responded_ns || last.written_ns; }

void add_peer(std::vector<std::string> &why, const Connection &connection) {
  if (connection.tcp && connection.tcp->peer_closed_ns)
    why.push_back(
        fmt::format("Its peer has gone: the socket was in CLOSE_WAIT for {}, unnoticed by lws (see "
                    "lws_rx_flow_control() and lws_set_timeout()).",
                    span_text(*connection.tcp->peer_closed_ns)));
}

std::optional<Symptom> owes_response(const Case &of) {
  const Transaction *last = of.last();
  if (!of.is_open() || last == nullptr || last->outcome != Outcome::kOpen || !last->handled_ns) return std::nullopt;
  if (of.log.last_ns < last->requested_ns + kPatienceNs || !is_forgotten(*last)) return std::nullopt;
  if (awaits_body(of, *last)) return std::nullopt;
  Symptom symptom = unanswered(of, *last);
  add_peer(symptom.why, of.connection);
  return symptom;
}

// Closed at last, long after the handler was called.
std::optional<Symptom> gave_up(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->outcome != Outcome::kAborted || !last->handled_ns) return std::nullopt;
  if (of.clues.refused || of.until_ns() < last->requested_ns + kPatienceNs || !is_forgotten(*last)) return std::nullopt;
  Symptom symptom = unanswered(of, *last);
  symptom.why.push_back(fmt::format(
      "It ended when {}.", of.ended_as(CloseReason::kContextDestroyed) ? "the program destroyed its lws context"
                           : of.ended_as(CloseReason::kTimeout)        ? "a timeout of lws fired"
                           : of.ended_as(CloseReason::kPeerClosed)     ? "the peer closed: it had waited that long"
                                                                       : "the connection was closed"));
  return symptom;
}

std::optional<Symptom> lost_with_carrier(const Case &of) {
  const Transaction *last = of.last();
  if (!of.ended_as(CloseReason::kParentClosed) || last == nullptr || last->outcome != Outcome::kAborted)
    return std::nullopt;
  if (last->written_ns) return std::nullopt;
  return Symptom{Cause::kLostWithCarrier,
                 {},
                 {fmt::format("{} had been handled by protocol {} and was not answered when connection {} was closed.",
                              request_text(last), quoted(last->protocol), of.connection.parent.value_or(0))},
                 Certainty::kProven,
                 {}};
}

std::optional<Symptom> left_midway(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || !of.connection.close || last == nullptr || last->outcome != Outcome::kAborted)
    return std::nullopt;
  const std::string span = span_text(last->requested_ns, of.until_ns());
  if (last->written_ns) return std::nullopt;
  if (of.connection.close->by == CloseBy::kPeer)
    return Symptom{last->responded_ns ? Cause::kPeerLeftInResponse : Cause::kPeerLeftEarly,
                   request_text(last),
                   {fmt::format("The peer closed {} after its request{}.", span,
                                last->status ? fmt::format("; {} had been sent", *last->status) : "")},
                   Certainty::kProven,
                   {}};
  if (of.connection.close->by != CloseBy::kLocal) return std::nullopt;
  Symptom symptom{Cause::kClosedMidway, request_text(last), {}, Certainty::kProven, {}};
  if (of.clues.refused) {
    symptom.why.push_back(refusal_text(of.clues) + ", which makes lws close the connection.");
    symptom.advice = "return 0 where the connection is to go on";
  } else if (of.ended_as(CloseReason::kContextDestroyed)) {
    symptom.why.push_back(fmt::format("The program destroyed its lws context {} after the request.", span));
  }
  return symptom;
}

std::optional<Symptom> tls_failed(const Case &of) {
  if (!of.ended_as(CloseReason::kTlsFailed)) return std::nullopt;
  const auto &tls = of.connection.tls;
  const std::string failure =
      printable(tls && !tls->failure.empty() ? tls->failure : std::string_view(of.connection.close->detail));
  Symptom symptom{Cause::kTlsFailed, failure.empty() ? "the reason is unknown" : failure, {}, Certainty::kProven, {}};
  if (failure.find("http request") != std::string::npos)
    symptom.advice = "the peer spoke plain HTTP to a TLS port: its URL begins with http:// where https:// is meant";
  else if (failure.find("unknown ca") != std::string::npos || failure.find("certificate") != std::string::npos)
    symptom.advice = "a certificate was not accepted: check its names, its dates and the CAs that the verifier trusts";
  return symptom;
}

std::optional<Symptom> refused(const Case &of) {
  const std::string by = of.clues.refused ? ": " + refusal_text(of.clues) : "";
  if (of.ended_as(CloseReason::kAdoptFailed)) return Symptom{Cause::kAdoptFailed, {}, {}, Certainty::kProven, {}};
  if (of.ended_as(CloseReason::kUpgradeRefused)) {
    Symptom symptom{Cause::kUpgradeRefused, by, {}, Certainty::kProven, {}};
    if (of.clues.refused) symptom.advice = "see why that callback refuses";
    else if (!of.clues.has(k_FILTER_PROTOCOL_CONNECTION))
      symptom.why.push_back(
          fmt::format("No callback was asked: vhost {} has no protocol of a name that the client offered.",
                      quoted(of.connection.vhost)));
    return symptom;
  }
  const Transaction *last = of.last();
  const bool rejected = last != nullptr && last->outcome == Outcome::kRejected;
  if (!of.ended_as(CloseReason::kRefused) && !rejected) return std::nullopt;
  Symptom symptom{Cause::kRequestRefused, by, {}, Certainty::kProven, {}};
  if (of.connection.transactions_total == 0)
    symptom.why.push_back(
        of.connection.tcp && of.connection.tcp->received_bytes > kHeaderBytes
            ? fmt::format("{} bytes came without an end of the headers: more than max_http_header_data of the context "
                          "allows (4096 bytes, if not set).",
                          of.connection.tcp->received_bytes)
            : "What came in was no HTTP request that lws accepts: another protocol on a plain HTTP port, or a "
              "scanner.");
  else if (last->status)
    symptom.why.push_back(fmt::format("{} was answered with {}.", request_text(last), *last->status));
  return symptom;
}

std::optional<Symptom> timed_out(const Case &of) {
  if (!of.ended_as(CloseReason::kTimeout)) return std::nullopt;
  const int reason = pending_timeout_reason(of.clues.pending_timeout),
            limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  if (of.clues.pending_timeout != 0 && limit_s > 0 && (reason == kNoPendingTimeout || reason >= kApplicationTimeouts)) {
    Symptom symptom{Cause::kDeadline, {}, {}, Certainty::kProven, {}};
    symptom.detail = reason == kNoPendingTimeout
                         ? fmt::format("lws_set_timeout(wsi, NO_PENDING_TIMEOUT, {})", limit_s)
                         : fmt::format("lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE + {}, {})",
                                       reason - kApplicationTimeouts, limit_s);
    symptom.why.push_back(
        fmt::format("It expires {} s after it was set: traffic up to the end does not move such a deadline, and a "
                    "missing pong is not the "
                    "reason.",
                    limit_s));
    return symptom;
  }
  if (reason == kTimeout_CLOSE_ACK) return std::nullopt;
  if (of.connection.session) return std::nullopt;
  const Transaction *last = of.last();
  if (of.connection.role == "h2" && of.connection.origin != Origin::kStream) return std::nullopt;  // its streams tell
  if (last != nullptr && !last->responded_ns && awaits_body(of, *last))
    return Symptom{Cause::kTimeout,
                   fmt::format("the rest of the body of {} did not come", request_text(last)),
                   {fmt::format("LWS_CALLBACK_HTTP_BODY_COMPLETION never came in {}.",
                                span_text(last->requested_ns, of.until_ns()))},
                   Certainty::kProven,
                   {}};
  if (last == nullptr)
    return Symptom{
        Cause::kTimeout,
        "no complete request came in time",
        {},
        Certainty::kProven,
        "timeout_secs of the context sets how long lws waits; scanners and spare connections of browsers do this"};
  if (last->outcome == Outcome::kCompleted || is_idle_timeout(of.connection)) return std::nullopt;
  return Symptom{
      Cause::kTimeout,
      fmt::format("{} stood still", reason == kTimeout_HTTP_CONTENT ? "sending the response to " + request_text(last)
                                                                    : request_text(last)),
      {},
      Certainty::kProven,
      "check that the peer reads, and that the handler keeps writing"};
}

std::optional<Symptom> binding_left(const Case &of) {
  for (const Binding &binding : of.connection.bindings)
    if (binding.settled == Settled::kByBind)
      return Symptom{Cause::kBindingLeft,
                     {},
                     {fmt::format("Protocol {} was bound at {} and not dropped before the next was bound.",
                                  quoted(binding.protocol), time_text(binding.bound_ns, of.log.started_ns))},
                     Certainty::kLikely,
                     {}};
  return std::nullopt;
}

constexpr CaseRule kInboundRules[] = {owes_response, lost_with_carrier, tls_failed,  refused,
                                      timed_out,     gave_up,           left_midway, binding_left};

}  // namespace

std::string request_text(const Transaction *transaction) {
  if (transaction == nullptr || (transaction->method.empty() && transaction->path.empty())) return "its request";
  const std::string method(transaction->method.empty() ? "a request for" : transaction->method);
  return printable(method + " " + transaction->path);
}

std::string in_charge_text(const Connection &connection) {
  if (!connection.last_callback) return "none";
  return fmt::format("{} of protocol {}", callback_name(*connection.last_callback),
                     quoted(connection.last_callback_protocol));
}

std::optional<Symptom> inbound_symptom(const Case &of) {
  if (of.connection.origin == Origin::kOutbound) return std::nullopt;
  for (const CaseRule rule : kInboundRules)
    if (auto symptom = rule(of)) return symptom;
  return std::nullopt;
}

}  // namespace wsitrace
