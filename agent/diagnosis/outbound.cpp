// SPDX-License-Identifier: MIT
//
// Outbound connections from the request on: answers that do not come, break off or are refused, by either side.
#include <fmt/format.h>

#include <span>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/lws/words.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kServerPatienceNs = 500'000'000;

// What ended the wait, if anything did: "up to the end of the log".
std::string wait_end_text(const Case &of) {
  if (of.is_open()) return "up to the end of the log";
  if (of.ended_as(CloseReason::kTimeout)) return "when " + fired_text(of) + " ended it";
  if (of.ended_as(CloseReason::kVhostDestroyed)) return "when this program destroyed its vhost";
  return "when this program destroyed its lws context (lws_context_destroy())";
}

bool was_given_up(const Case &of) {
  return of.ended_as(CloseReason::kContextDestroyed) || of.ended_as(CloseReason::kVhostDestroyed) ||
         of.ended_as(CloseReason::kTimeout);
}

// A request went out and nothing came back.
bool waits_for_answer(const Case &of) {
  const Transaction *last = of.last();
  return last != nullptr && !last->responded_ns &&
         (last->outcome == Outcome::kOpen || last->outcome == Outcome::kAborted);
}

bool is_impatient(const Case &of) { return of.until_ns() < of.connection.opened_ns + kServerPatienceNs; }

std::optional<Symptom> body_not_sent(const Case &of) {
  if (!waits_for_answer(of) || (!of.is_open() && !was_given_up(of))) return std::nullopt;
  const auto body = of.clues.body;
  const bool begun = body == kBodyBegun;
  if (body != kBodyAnnounced && !(begun && of.ended_as(CloseReason::kTimeout))) return std::nullopt;
  if (is_impatient(of)) return std::nullopt;
  Symptom symptom{
      Cause::kBodyNotSent,
      request_text(of.last()),
      {fmt::format("LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER announced a body with "
                   "lws_client_http_body_pending(wsi, 1) at {}; {} in {}, {}.",
                   time_text(of.last()->requested_ns, of.log.started_ns),
                   begun ? "its first bytes were written, and lws_client_http_body_pending(wsi, 0) never came"
                         : "no byte of it was written",
                   wait_text(of, of.last()->requested_ns), wait_end_text(of)),
       "The server waits for the body before it answers."},
      begun ? Certainty::kLikely : Certainty::kProven,
      {}};
  tell_of_redirect(symptom, of);
  return symptom;
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

Symptom unanswered_by_server(const Case &of, const std::string &what, Ns since_ns, Certainty certainty) {
  Symptom symptom{
      Cause::kNeverAnswered,
      {},
      {fmt::format("{}, and the server has not answered in {}, {}.", what, wait_text(of, since_ns), wait_end_text(of)),
       of.connection.wanted.method == "MQTT"
           ? "LWS_CALLBACK_MQTT_CLIENT_ESTABLISHED did not come: the broker sent no CONNACK."
           : "Neither LWS_CALLBACK_CLIENT_ESTABLISHED nor LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP came: it was never "
             "established."},
      certainty,
      {},
      false};
  if (of.ended_as(CloseReason::kTimeout)) symptom.why.push_back(callbacks_text(of.clues));
  if (of.clues.body == kBodyBegun) {
    symptom.why.emplace_back(
        "This program began to write a body and has not said that it is complete (lws_client_http_body_pending(wsi, "
        "0)): the server may be waiting for the rest.");
    symptom.advice =
        "write the rest: lws_callback_on_writable() asks for each turn, and lws_client_http_body_pending(wsi, 0) goes "
        "with the last of it; if the body is whole, see why the server does not answer";
  }
  return symptom;
}

// lws sends the request as soon as TCP is connected, except to a proxy and where TLS comes first.
std::string handshake_text(const Case &of) {
  if (of.connection.wanted.method == "MQTT") return "TCP connected, and lws sent CONNECT to the broker";
  if ((of.connection.wanted.odd & kAskedHttp2) != 0)
    return "TCP connected, and lws began HTTP/2 (LCCSCF_H2_PRIOR_KNOWLEDGE; it has sent no request)";
  if (!of.connection.peer.empty() && port_of(of.connection.peer) != port_of(of.connection.target))
    return fmt::format("TCP connected to the proxy {}, and lws asked it for {}", printable(of.connection.peer),
                       printable(of.connection.target));
  const auto &tls = of.connection.tls;
  if (tls && tls->handshake_ns && tls->failure.empty())
    return tls->alpn == "h2" ? "TLS was established, and lws began HTTP/2 (it has sent no request)"
                             : "TLS was established (lws has sent no request)";
  return "TCP connected, and lws began the TLS handshake (it has sent no request)";
}

Symptom as_young(Symptom symptom, bool is_young) {
  symptom.is_young = is_young;
  return symptom;
}

std::optional<Symptom> never_answered(const Case &of) {
  if (!of.is_open() && !was_given_up(of)) return std::nullopt;
  if (of.is_open() && of.clues.has(k_CLIENT_CONNECTION_ERROR)) return std::nullopt;  // and it is about to be closed
  const bool is_young = is_impatient(of);
  if (is_young && !of.ended_as(CloseReason::kContextDestroyed) && !(of.is_open() && of.log.end)) return std::nullopt;
  const Transaction *last = of.last();
  if (last != nullptr) {
    if (!waits_for_answer(of)) return std::nullopt;
    const bool is_stream = of.connection.origin == Origin::kStream;
    Symptom symptom = unanswered_by_server(
        of, fmt::format("{}lws sent {}", is_stream ? "" : "TCP connected, and ", request_text(last)),
        last->requested_ns, Certainty::kProven);
    if (is_stream) tell_of_websocket(symptom, of);
    symptom.is_young = is_young;  // it may have been about to be answered
    return symptom;
  }
  if (of.connection.streams > 0) return std::nullopt;  // which carry the requests
  if (of.connection.session || !(of.connection.role == Role::kUnknown || of.connection.tls)) return std::nullopt;
  if (of.connection.connected_ns)
    return as_young(unanswered_by_server(of, handshake_text(of), *of.connection.connected_ns, Certainty::kLikely),
                    is_young);
  if (!of.is_open() && !of.ended_as(CloseReason::kContextDestroyed)) return std::nullopt;
  Symptom symptom = unanswered_by_server(
      of, has_socket(of.connection) ? "The TCP connect was issued" : "lws had made no socket for it by then",
      of.connection.opened_ns, Certainty::kLikely);
  symptom.is_young = is_young;
  if (of.log.loop_turns == of.clues.turns_before) {
    constexpr Ns kUnservedNs = 250'000'000;  // a loop that runs turns within that
    symptom.is_young = is_young && of.until_ns() < of.connection.opened_ns + kUnservedNs;
    symptom.why.emplace_back("Nor was any sign of an event loop seen since: perhaps none has serviced it.");
    if (!symptom.is_young) symptom.advice = "make sure that the event loop runs; then check address and firewall";
  }
  return symptom;
}

constexpr const char *kBodyAdvice =
    "see the server's log; the head of a request with a body needs its Content-Length "
    "(lws_add_http_header_content_length()), and as many bytes have to follow: the server waits for the rest";

// FIN or RST, where the kernel knows.
const char *how_it_left(const Connection &connection) {
  if (!connection.tcp) return "closed";
  if (connection.tcp->was_reset) return "reset the connection (RST)";
  return connection.tcp->peer_closed_ns ? "closed its side (FIN)" : "closed";
}

std::optional<Symptom> not_http(const Case &of) {
  const bool unread = of.connection.first_answer == kNotHttp || error_word_of(message_of(of)) == ErrorWord::kUnreadable;
  const bool has_failed = !of.is_open() || of.clues.has(k_CLIENT_CONNECTION_ERROR);  // or is about to
  if (!unread || of.last() == nullptr || !has_failed || of.last()->responded_ns) return std::nullopt;
  Symptom symptom{Cause::kAnswerRefused,
                  "it is no HTTP",
                  {},
                  Certainty::kProven,
                  "check address and port: what answers there speaks another protocol"};
  symptom.why.push_back(
      fmt::format("{} bytes came after {}; they do not begin as an answer of HTTP does (lws says: '{}').",
                  of.connection.tcp ? std::to_string(of.connection.tcp->received_bytes) : "Some",
                  request_text(of.last()), printable(message_of(of))));
  if (is_tls_alert(of.connection)) {
    symptom.why.emplace_back(
        "An alert of TLS is 7 bytes long: a TLS port sends one to a client that speaks plain HTTP to it.");
    symptom.advice =
        "where that port speaks TLS (https://, wss://), connect with LCCSCF_USE_SSL; else check address and port";
  }
  return symptom;
}

// What the server may have missed in the request.
void tell_what_it_misses(Symptom &symptom, const Case &of) {
  const Transaction &last = *of.last();
  if (of.clues.body) {
    symptom.why.emplace_back(
        "This program had announced a body, and had written some of it or said that it was complete.");
    symptom.advice = kBodyAdvice;
  } else if (last.index == 1 && !of.connection.tls) {
    symptom.advice = "see the server's log; where that port speaks TLS (https://, wss://), connect with LCCSCF_USE_SSL";
  } else if (last.index == 1 && of.connection.tls->version == "TLSv1.3") {
    symptom.why.emplace_back(
        "With TLS 1.3 a server reports a missing or rejected client certificate only after the handshake, and lws does "
        "not pass that on.");
    symptom.advice =
        "see the server's log; where it wants a certificate of the client, set client_ssl_cert_filepath and its key "
        "(client_ssl_private_key_filepath)";
  }
}

// The request could not be sent: the server had left.
std::optional<Symptom> request_not_taken(const Case &of) {
  const Transaction *last = of.last();
  const auto &tcp = of.connection.tcp;
  if (!of.ended_as(CloseReason::kHandshakeFailed) || error_word_of(message_of(of)) != ErrorWord::kGivenUp ||
      last == nullptr || last->responded_ns)
    return std::nullopt;
  if (!tcp || (!tcp->was_reset && !tcp->peer_closed_ns))
    return Symptom{Cause::kUnknownEnd,
                   {},
                   {fmt::format("lws gave it up {} after {} was to be sent, and says '{}'.",
                                wait_text(of, last->requested_ns), request_text(last), printable(message_of(of)))},
                   Certainty::kProven,
                   {}};
  Symptom symptom{Cause::kServerLeftBeforeAnswer,
                  request_text(last),
                  {fmt::format("{} after lws began to send the request, the connection was over: the server had {} "
                               "(lws says '{}').",
                               wait_text(of, last->requested_ns),
                               tcp->was_reset ? "reset it (RST)" : "closed its side (FIN)", printable(message_of(of)))},
                  Certainty::kProven,
                  {}};
  if (!tell_of_shared_socket(symptom, of)) tell_what_it_misses(symptom, of);
  return symptom;
}

std::optional<Symptom> server_left(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || of.is_open() || !of.connection.close || of.connection.close->by != CloseBy::kPeer)
    return std::nullopt;
  if (last->outcome != Outcome::kAborted) return std::nullopt;
  const char *left = how_it_left(of.connection);
  if (!last->responded_ns) {
    Symptom symptom{
        Cause::kServerLeftBeforeAnswer,
        request_text(last),
        {fmt::format("{} after lws had sent the request, the server {} without an answer that lws could read ('{}').",
                     wait_text(of, last->requested_ns), left, printable(of.connection.close->detail))},
        Certainty::kProven,
        {}};
    if (last->index > 1)
      symptom.why.push_back(
          fmt::format("It was the {}. request on that connection: a server may end a keep-alive connection "
                      "just when the next request is on its way.",
                      last->index));
    symptom.why.push_back(callbacks_text(of.clues));
    if (!tell_of_shared_socket(symptom, of)) tell_what_it_misses(symptom, of);
    return symptom;
  }
  return Symptom{
      Cause::kServerLeftInAnswer,
      request_text(last),
      {fmt::format("The response began ({}) after {}; the server {} {} after the request, before its end.",
                   last->status ? std::to_string(*last->status) : "status unknown",
                   span_text(last->requested_ns, *last->responded_ns), left, wait_text(of, last->requested_ns)),
       callbacks_text(of.clues), "LWS_CALLBACK_WSI_DESTROY came: lws has released the connection."},
      Certainty::kProven,
      {}};
}

// The answer began, and lws's timeout came before its end.
std::optional<Symptom> answer_stalled(const Case &of) {
  const Transaction *last = of.last();
  if (!of.ended_as(CloseReason::kTimeout) || last == nullptr || !last->responded_ns) return std::nullopt;
  if (last->outcome != Outcome::kAborted) return std::nullopt;
  return Symptom{
      Cause::kTimeout,
      fmt::format("the rest of the answer to {} did not come", request_text(last)),
      {fmt::format("The response began ({}) after {}; lws ended it {} after the request ('{}').",
                   last->status ? std::to_string(*last->status) : "status unknown",
                   span_text(last->requested_ns, *last->responded_ns), wait_text(of, last->requested_ns),
                   printable(of.connection.close->detail)),
       callbacks_text(of.clues)},
      Certainty::kProven,
      "see why the server stops in the middle of its answer; timeout_secs of the context sets how long lws waits"};
}

// Redirects without anything else, up to the last answer.
size_t redirects_in_a_row(const Connection &connection) {
  size_t count = 0;
  for (auto at = connection.transactions.rbegin(); at != connection.transactions.rend(); ++at, ++count)
    if (!at->status || *at->status < 300 || *at->status > 399) return count;
  return count;
}

std::string answer_advice(const Case &of, ErrorWord word, const std::string &message) {
  constexpr size_t kFollowed = 3;  // lws's own limit
  const Transaction *last = of.last();
  const int status = last != nullptr ? last->status.value_or(0) : 0;
  if (word == ErrorWord::kRedirectRefused) {
    if (redirects_in_a_row(of.connection) >= kFollowed)
      return "the server redirects in a circle, or lws has followed as many redirects as it does: connect to the last "
             "address at once";
    if (says(message, "downgrade"))
      return "the server redirects from https to http: LCCSCF_ACCEPT_TLS_DOWNGRADE_REDIRECTS permits that";
    if (says(message, "no Location"))
      return "the server redirects and does not say where to: have it send a Location header";
    return "see the Location header of the server's answer";
  }
  if (word == ErrorWord::kRefusedByCallback || word == ErrorWord::kAnswerRefusedByCallback)
    return "a callback of this program refused the answer: see what it returns there";
  if (says(message, "ccept hash")) return "what answers there is no websocket server, or a cache before it";
  if (says(message, "rotocol") || says(message, "PROTOCOL"))
    return "the server chose a subprotocol that this program did not offer: compare `protocol` of the connect info "
           "with what the server has";
  if (says(message, "EXT:"))
    return "the server wants an extension as this program did not offer it: see `extensions` of the vhost";
  if (status >= 200 && status <= 299)
    return "for a plain HTTP request set `method` of the connect info (\"GET\"): without one lws asks for a websocket; "
           "for a websocket check path, `host` and subprotocol";
  if (status == 400)
    return std::string(
               "the server rejected the request: check path, `host` (with its port, where that is "
               "not 80 or 443), `origin` and subprotocol, and that this program writes nothing before "
               "LWS_CALLBACK_CLIENT_ESTABLISHED has come (lws_write() puts it in front of the request)") +
           (of.connection.tls ? "" : kPlainAdvice);
  if (status == 401) return "the server wants credentials for that path";
  if (status == 403) return "the server does not let this client in: check its credentials, `origin` and `host`";
  if (status == 404 || status == 405) return "check the path: the server has no websocket there";
  if (status == 426)
    return "the server wants another protocol or version than it was asked for: see the Upgrade and "
           "Sec-WebSocket-Version headers of its answer";
  if (status == 429) return "the server limits how often a client may connect: wait longer before each new attempt";
  if (says(message, "UPGRADE missing") || says(message, "CONNECTION missing") || says(message, "HTTP/1.0"))
    return "what answers there is no websocket server, or a proxy before it drops the Upgrade and Connection headers";
  if (status >= 500) return "see the server's log: it has trouble of its own";
  if (status >= 300 && status <= 399) return "the server redirects: connect to what its Location header names";
  return {};
}

std::string answer_text(const Transaction &last) {
  return last.status ? fmt::format("The server answered {} with {}.", request_text(&last), *last.status)
                     : fmt::format("The request was {}.", request_text(&last));
}

std::optional<Symptom> answer_refused(const Case &of) {
  const std::string message = message_of(of);
  const ErrorWord word = error_word_of(message);
  const bool by_callback = word == ErrorWord::kRefusedByCallback || word == ErrorWord::kAnswerRefusedByCallback;
  const bool refused = of.ended_as(CloseReason::kUpgradeRefused) || of.ended_as(CloseReason::kHandshakeFailed);
  if ((!refused && !by_callback) || word == ErrorWord::kGivenUp || message.empty()) return std::nullopt;
  Symptom symptom{
      Cause::kAnswerRefused, "'" + printable(message) + "'", {}, Certainty::kProven, answer_advice(of, word, message)};
  if (by_callback)
    symptom.detail = of.clues.refused
                         ? fmt::format("this program's {} returned non-zero", callback_name(*of.clues.refused))
                         : "a callback of this program refused it";
  if (const Transaction *last = of.last()) symptom.why.push_back(answer_text(*last));
  if (by_callback) symptom.why.push_back(fmt::format("lws says: '{}'.", printable(message)));
  if (const size_t count = redirects_in_a_row(of.connection); count > 1)
    symptom.why.push_back(fmt::format("{} answers in a row were redirects.", count));
  return symptom;
}

constexpr CaseRule kOutboundRules[] = {
    method_unknown,    not_serviced,    no_table_for_request, waits_in_queue,    not_its_loop,
    body_not_taken,    body_not_sent,   tls_not_set_up,       proxy_silent,      own_request_failed,
    wants_websocket,   answer_not_read, half_a_head,          settings_empty,    no_socket,
    never_sent,        never_answered,  server_tls_failed,    proxy_refused,     connect_failed,
    head_too_large,    not_http,        no_http2_there,       refused_by_broker, head_is_all,
    answer_goes_on,    server_left,     answer_stalled,       answer_refused,    callback_ended_it,
    request_not_taken, serviced_late,   server_said_no};

// Of streams that this program asked for, on a connection that it made.
constexpr CaseRule kStreamRules[] = {stream_reset, body_not_sent, never_answered, server_said_no};

std::optional<Symptom> first_of(std::span<const CaseRule> rules, const Case &of) {
  for (const CaseRule rule : rules)
    if (auto symptom = rule(of)) {
      tell_of_oddities(*symptom, of);
      return symptom;
    }
  return std::nullopt;
}

}  // namespace

std::optional<Symptom> outbound_symptom(const Case &of) {
  const bool is_stream = of.connection.role == Role::kH2 && of.connection.origin == Origin::kStream;
  if (is_stream && !of.connection.target.empty()) return first_of(kStreamRules, of);
  return of.connection.origin == Origin::kOutbound ? first_of(kOutboundRules, of) : std::nullopt;
}

}  // namespace wsitrace
