// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/export/explain/callbacks.h"
#include "agent/export/explain/spans.h"
#include "agent/export/text/printable.h"
#include "agent/lws/words.h"

namespace wsitrace {
namespace {

constexpr Ns kServerPatienceNs = 500'000'000;

bool says(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string message_of(const Case &of) {
  return of.clues.message.empty() && of.connection.close ? of.connection.close->detail : of.clues.message;
}

// The kernel has acknowledged the SYN, or more.
bool was_tcp_connected(const Case &of) {
  return of.connection.connected_ns || (of.connection.tcp && of.connection.tcp->sent_bytes > 0);
}

// How long the connection went unserviced, if that was long and no sign of an event loop was seen meanwhile.
std::optional<Ns> unserviced_ns(const Case &of) {
  const Ns since_ns = of.clues.prepared_ns, until_ns = of.clues.serviced_ns.value_or(of.log.last_ns);
  const uint64_t turns = of.clues.serviced_ns ? of.clues.turns_between : of.log.loop_turns - of.clues.turns_before;
  if (since_ns == 0 || turns > 0 || until_ns < since_ns + kLongWaitNs) return std::nullopt;
  return until_ns - since_ns;
}

// lws's timers fire in its loop: one that fired long after its time was not looked at.
bool fired_late(const Case &of, Ns waited_ns) {
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  return limit_s > 0 && waited_ns > static_cast<Ns>(limit_s) * 1'050'000'000;
}

std::optional<Symptom> not_serviced(const Case &of) {
  const auto waited_ns = unserviced_ns(of);
  if (!waited_ns) return std::nullopt;
  const bool failed = of.ended_as(CloseReason::kConnectFailed) || of.ended_as(CloseReason::kTimeout);
  const bool unconnected = !of.connection.connected_ns && of.connection.transactions.empty();
  if (!failed && !(unconnected && (of.is_open() || of.ended_as(CloseReason::kContextDestroyed)))) return std::nullopt;
  if (!was_tcp_connected(of) && !(failed && fired_late(of, *waited_ns))) return std::nullopt;
  Symptom symptom{Cause::kNotServiced, span_text(*waited_ns), {}, Certainty::kLikely, {}};
  symptom.why.push_back(fmt::format(
      "Between the connect at {} and {} lay {} without a sign of an event loop in this program.",
      time_text(of.clues.prepared_ns, of.log.started_ns),
      of.clues.serviced_ns ? fmt::format("the next callback at {}", time_text(*of.clues.serviced_ns, of.log.started_ns))
                           : "the end of the log",
      span_text(*waited_ns)));
  if (was_tcp_connected(of))
    symptom.why.emplace_back("TCP was established: the server's kernel had accepted the connection at once.");
  if (failed)
    symptom.why.push_back(
        fmt::format("When the loop ran, lws's own connect timeout (connect_timeout_secs of the context) had expired: "
                    "'{}'.",
                    printable(message_of(of))));
  return symptom;
}

std::string wait_text(const Case &of, Ns since_ns) { return span_text(since_ns, of.until_ns()); }

// What ended the wait, if anything did: "when the log ended".
std::string wait_end_text(const Case &of) {
  if (of.is_open()) return "up to the end of the log";
  if (of.ended_as(CloseReason::kTimeout)) return "when lws's timeout (timeout_secs of the context) ended it";
  return "when this program destroyed its lws context";
}

Symptom unanswered_by_server(const Case &of, const std::string &what, Ns since_ns, Certainty certainty) {
  return {
      Cause::kNeverAnswered,
      {},
      {fmt::format("{}, and the server has not answered in {}, {}.", what, wait_text(of, since_ns), wait_end_text(of)),
       "Neither LWS_CALLBACK_CLIENT_ESTABLISHED nor LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP came: it was never "
       "established."},
      certainty,
      {},
      false};
}

std::optional<Symptom> never_answered(const Case &of) {
  const bool gave_up = of.ended_as(CloseReason::kContextDestroyed) || of.ended_as(CloseReason::kVhostDestroyed) ||
                       of.ended_as(CloseReason::kTimeout) || says(message_of(of), "Closed before conn");
  if (!of.is_open() && !gave_up) return std::nullopt;
  const bool is_young = of.until_ns() < of.connection.opened_ns + kServerPatienceNs;
  if (is_young && !(of.is_open() && of.log.end)) return std::nullopt;
  const Transaction *last = of.last();
  if (last != nullptr) {
    const bool waits = last->outcome == Outcome::kOpen || last->outcome == Outcome::kAborted;
    if (!waits || last->responded_ns) return std::nullopt;
    Symptom symptom = unanswered_by_server(of, fmt::format("TCP connected, and lws sent {}", request_text(last)),
                                           last->requested_ns, Certainty::kProven);
    symptom.is_young = is_young;  // it may have been about to be answered
    return symptom;
  }
  if (of.connection.session || !(of.connection.role.empty() || of.connection.tls)) return std::nullopt;
  if (of.connection.connected_ns)
    return unanswered_by_server(of,
                                of.connection.tls ? "TCP connected, and lws began the TLS handshake"
                                                  : "TCP connected, and lws began the handshake",
                                *of.connection.connected_ns, Certainty::kLikely);
  if (!of.is_open() && !of.ended_as(CloseReason::kContextDestroyed)) return std::nullopt;
  Symptom symptom = unanswered_by_server(of, "The TCP connect was issued", of.connection.opened_ns, Certainty::kLikely);
  if (of.log.loop_turns == of.clues.turns_before) {
    symptom.why.emplace_back("Nor was any sign of an event loop seen since: perhaps none has serviced it.");
    symptom.advice = "make sure that the event loop runs; then check address and firewall";
  }
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

std::optional<Symptom> server_tls_failed(const Case &of) {
  if (!of.ended_as(CloseReason::kTlsFailed)) return std::nullopt;
  const auto &tls = of.connection.tls;
  const std::string failure(tls && !tls->failure.empty() ? tls->failure : std::string_view(message_of(of)));
  if (tls && tls->verify.value_or(0) != 0)
    return Symptom{Cause::kTlsVerify,
                   X509_verify_cert_error_string(*tls->verify),
                   {fmt::format("OpenSSL's verify result was {} ({}); this program ended the handshake.", *tls->verify,
                                X509_verify_cert_error_string(*tls->verify))},
                   Certainty::kProven,
                   {}};
  Symptom symptom{Cause::kTlsFailed, printable(failure), {}, Certainty::kProven, {}};
  if (of.connection.close->by == CloseBy::kPeer) symptom.why.emplace_back("The server ended the handshake.");
  if (says(failure, "wrong version number") || says(failure, "http request"))
    symptom.advice = "check that the other port speaks TLS";
  return symptom;
}

std::optional<Symptom> proxy_refused(const Case &of) {
  const std::string message = message_of(of);
  if (!says(message, "proxy")) return std::nullopt;
  Symptom symptom{Cause::kProxyRefused, {}, {}, Certainty::kProven, {}};
  symptom.why.push_back(fmt::format("lws connected to the proxy {} and asked it for {}; lws says of its answer: '{}'.",
                                    of.connection.peer, printable(of.connection.target), printable(message)));
  symptom.why.push_back(fmt::format("The server {} itself was never reached.", printable(of.connection.target)));
  return symptom;
}

std::optional<Symptom> connect_failed(const Case &of) {
  if (!of.ended_as(CloseReason::kConnectFailed) && !of.ended_as(CloseReason::kTimeout)) return std::nullopt;
  const std::string message = message_of(of), shown = printable(message);
  const auto symptom = [&](Cause cause, std::string detail) {
    return Symptom{cause, std::move(detail), {fmt::format("lws says: '{}'.", shown)}, Certainty::kProven, {}};
  };
  if (says(message, "DNS") || says(message, "getaddrinfo") || says(message, "resolv"))
    return symptom(Cause::kNameFailed, shown);
  if (error_word_of(message) == ErrorWord::kNobodyListens) return symptom(Cause::kRefusedByTarget, {});
  if (message.starts_with("conn fail: 113") || says(message, "EHOSTUNREACH"))
    return symptom(Cause::kUnreachable, "no route to host");
  if (message.starts_with("conn fail: 101") || says(message, "ENETUNREACH"))
    return symptom(Cause::kUnreachable, "network is unreachable");
  if (of.connection.connected_ns && of.last() != nullptr) return std::nullopt;  // it failed later than that
  if (was_tcp_connected(of)) return std::nullopt;
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  const bool lasted = limit_s > 0 && of.until_ns() >= of.connection.opened_ns + static_cast<Ns>(limit_s) * 900'000'000;
  if (of.ended_as(CloseReason::kTimeout) || error_word_of(message) == ErrorWord::kTimedOut || lasted)
    return symptom(Cause::kConnectTimeout, wait_text(of, of.connection.opened_ns));
  if (of.connection.close->evidence == CloseEvidence::kElimination) return std::nullopt;
  if (of.connection.close->evidence == CloseEvidence::kCallResult)
    return Symptom{Cause::kUnreachable,
                   "lws_client_connect_via_info() returned NULL",
                   {},
                   Certainty::kProven,
                   "check its result; often a name that cannot be resolved"};
  return symptom(Cause::kUnreachable, shown.empty() ? "the reason is unknown" : "'" + shown + "'");
}

// Which of the callbacks that end an outbound HTTP connection came.
std::string callbacks_text(const Clues &clues) {
  std::string came, missing;
  for (const uint16_t kind :
       {k_CLIENT_CONNECTION_ERROR, k_CLOSED_CLIENT_HTTP, k_COMPLETED_CLIENT_HTTP, k_CLIENT_CLOSED}) {
    std::string &list = clues.has(kind) ? came : missing;
    list += (list.empty() ? "" : ", ") + callback_name(kind);
  }
  return fmt::format("Of the callbacks that report an end, {} came and these did not: {}.",
                     came.empty() ? "none" : came, missing);
}

std::optional<Symptom> server_left(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || of.is_open() || !of.connection.close || of.connection.close->by != CloseBy::kPeer)
    return std::nullopt;
  if (last->outcome != Outcome::kAborted) return std::nullopt;
  if (!last->responded_ns)
    return Symptom{
        Cause::kServerLeftBeforeAnswer,
        request_text(last),
        {fmt::format(
             "{} after lws had sent the request, the server closed without an answer that lws could read ('{}').",
             wait_text(of, last->requested_ns), printable(of.connection.close->detail)),
         callbacks_text(of.clues)},
        Certainty::kProven,
        {}};
  return Symptom{
      Cause::kServerLeftInAnswer,
      request_text(last),
      {fmt::format("The response began ({}) after {}; the server closed {} after the request, before its end.",
                   last->status ? std::to_string(*last->status) : "status unknown",
                   span_text(last->requested_ns, *last->responded_ns), wait_text(of, last->requested_ns)),
       callbacks_text(of.clues), "LWS_CALLBACK_WSI_DESTROY came: lws has released the connection."},
      Certainty::kProven,
      {}};
}

std::optional<Symptom> answer_refused(const Case &of) {
  const bool refused = of.ended_as(CloseReason::kUpgradeRefused) || of.ended_as(CloseReason::kHandshakeFailed);
  const std::string message = message_of(of);
  if (!refused || says(message, "Closed before conn")) return std::nullopt;
  Symptom symptom{Cause::kAnswerRefused, "'" + printable(message) + "'", {}, Certainty::kProven, {}};
  if (const Transaction *last = of.last())
    symptom.why.push_back(last->status
                              ? fmt::format("The server answered {} with {}.", request_text(last), *last->status)
                              : fmt::format("The request was {}.", request_text(last)));
  if (says(message, "Rejected at") || says(message, "disallowed at"))
    symptom.advice = "a callback of this program refused the answer: see what it returns there";
  else if (says(message, "ccept hash"))
    symptom.advice = "what answers there is no websocket server, or a cache before it";
  return symptom;
}

std::optional<Symptom> closed_midway(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->outcome != Outcome::kAborted || !of.clues.refused) return std::nullopt;
  if (of.connection.close->by != CloseBy::kLocal) return std::nullopt;
  return Symptom{Cause::kClosedMidway,
                 request_text(last),
                 {callback_name(*of.clues.refused) + " returned non-zero, which makes lws close the connection."},
                 Certainty::kProven,
                 "return 0 where the connection is to go on"};
}

std::optional<Symptom> serviced_late(const Case &of) {
  const auto waited_ns = unserviced_ns(of);
  if (!waited_ns || !of.clues.serviced_ns || !of.connection.connected_ns) return std::nullopt;
  return Symptom{
      Cause::kServicedLate,
      span_text(*waited_ns),
      {fmt::format("Between the connect at {} and the next callback lay {}, without a sign of an event loop.",
                   time_text(of.clues.prepared_ns, of.log.started_ns), span_text(*waited_ns))},
      Certainty::kLikely,
      "start the loop before you connect"};
}

constexpr CaseRule kOutboundRules[] = {not_serviced,  never_answered, never_sent,  server_tls_failed,
                                       proxy_refused, connect_failed, server_left, answer_refused,
                                       closed_midway, serviced_late};

}  // namespace

std::optional<Symptom> outbound_symptom(const Case &of) {
  if (of.connection.origin != Origin::kOutbound) return std::nullopt;
  for (const CaseRule rule : kOutboundRules)
    if (auto symptom = rule(of)) return symptom;
  return std::nullopt;
}

}  // namespace wsitrace
