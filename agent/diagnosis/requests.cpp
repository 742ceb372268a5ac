// SPDX-License-Identifier: MIT
//
// Outbound requests that this program did not let go out, answers that end in their head, and answers that it does not read.
#include <fmt/format.h>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/lws/words.h"
#include "agent/text/callbacks.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kUnheardNs = 500'000'000;
constexpr uint64_t kHeadBytes = 4096;  // max_http_header_data where it is not set

constexpr const char *kReadAdvice =
    "call lws_http_client_read() in LWS_CALLBACK_RECEIVE_CLIENT_HTTP, each time it comes: the body then comes with "
    "LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ";

// Not what belongs to a handshake of TLS; TCP counts one for the peer's FIN.
uint64_t answer_bytes(const Case &of) {
  return of.connection.tcp && !of.connection.tls ? of.connection.tcp->received_bytes : 0;
}

const char *advice_on_status(int status) {
  switch (status) {
    case 400:
      return "the server rejected the request: check path and `host`, and what "
             "LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER adds: the name that lws_add_http_header_by_name() gets ends "
             "with a colon";
    case 401:
      return "connect again, and add the credentials in LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER (authorization:); "
             "what is written on this connection after its answer is no request";
    case 403: return "the server does not let this client in: check its credentials, and `host` and `origin`";
    case 404: return "check `path` of the connect info, and `host`";
    case 405: return "the server does not take that method there";
    case 411: return "give the request a Content-Length (lws_add_http_header_content_length())";
    case 415: return "say what the body is: add content-type: in LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER";
    case 429: return "the server limits how often a client may ask: wait longer before each new request";
    default: return status >= 500 ? "see the server's log: it has trouble of its own" : "";
  }
}

}  // namespace

bool waited_to_the_end(const Case &of) {
  return of.is_open() || of.ended_as(CloseReason::kContextDestroyed) || of.ended_as(CloseReason::kVhostDestroyed) ||
         of.ended_as(CloseReason::kTimeout);
}

bool is_tls_alert(const Connection &connection) {
  constexpr uint64_t kAlertBytes = 7, kEndByte = 1;  // RFC 8446 5.1 and 6; TCP counts one for the peer's FIN
  const uint64_t bytes = connection.tcp ? connection.tcp->received_bytes : 0;
  return !connection.tls && (bytes == kAlertBytes || bytes == kAlertBytes + kEndByte);
}

// lws has no SSL_CTX for the vhost's outbound connections.
std::optional<Symptom> tls_not_set_up(const Case &of) {
  if (!says(message_of(of), "bio_create failed")) return std::nullopt;
  const auto redirected = redirect_status(of);
  return Symptom{Cause::kTlsFailed,
                 redirected ? fmt::format("the server redirected it to https (status {}), and its vhost is not set up "
                                          "for TLS",
                                          *redirected)
                            : "this program asked for TLS (LCCSCF_USE_SSL), and its vhost is not set up for that",
                 {fmt::format("lws says: '{}': it has no SSL_CTX for outbound connections of vhost {}. The server had "
                              "been connected to, and was not asked for anything.",
                              printable(message_of(of)), quoted(of.connection.vhost))},
                 Certainty::kLikely,
                 "set LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT in the options of the context; of a vhost that you create "
                 "yourself, call lws_init_vhost_client_ssl()"};
}

// lws asked it to connect on, and nothing came.
std::optional<Symptom> proxy_silent(const Case &of) {
  const std::string &peer = of.connection.peer, &target = of.connection.target;
  const bool by_proxy =
      !peer.empty() && !peer.starts_with("unix:") && !target.empty() && port_of(peer) != port_of(target);
  if (!by_proxy || of.last() != nullptr || of.connection.session || !waited_to_the_end(of) || answer_bytes(of) > 1)
    return std::nullopt;
  if (of.until_ns() < of.connection.opened_ns + kUnheardNs || redirect_status(of)) return std::nullopt;
  return Symptom{Cause::kProxyRefused,
                 ": it did not answer in " + wait_text(of, of.connection.opened_ns),
                 {fmt::format("TCP connected to the proxy {}, and lws asked it for {}; nothing came back.",
                              printable(peer), printable(target)),
                  fmt::format("The server {} itself was never reached.", printable(target))},
                 Certainty::kLikely,
                 "check that what is set as proxy (http_proxy, or lws_set_proxy()) is one, and see its log"};
}

std::optional<Symptom> own_request_failed(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->responded_ns) return std::nullopt;
  if (of.connection.close->said == Said::kRequestTooLong)
    return Symptom{Cause::kNeverSent,
                   "it is longer than pt_serv_buf_size of the context",
                   {"lws logged that the headers of this program's request were too long, and gave up before it sent "
                    "anything."},
                   Certainty::kProven,
                   row_of(Said::kRequestTooLong).advice};
  if (of.clues.refused != k_CLIENT_APPEND_HANDSHAKE_HEADER) return std::nullopt;
  return Symptom{Cause::kNeverSent,
                 fmt::format("this program's {} of protocol {} returned non-zero",
                             callback_name(k_CLIENT_APPEND_HANDSHAKE_HEADER), quoted(of.clues.refused_by)),
                 {"That gives the connection up before anything is sent: the server had been connected to, and was not "
                  "asked."},
                 Certainty::kProven,
                 "return 0 from that callback where the request is to go out; a header that finds no room "
                 "(lws_add_http_header_by_token() is not 0) needs a larger pt_serv_buf_size"};
}

// An answer to HEAD has no body, whatever its Content-Length says, and lws waits for one; that with 204 or 304 has none either.
std::optional<Symptom> head_is_all(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || !last->has_no_body() || !last->responded_ns) return std::nullopt;
  if (last->outcome != Outcome::kAborted && last->outcome != Outcome::kOpen) return std::nullopt;
  const bool is_head = last->method == "HEAD";
  if (!is_head && (!waited_to_the_end(of) || of.until_ns() < *last->responded_ns + kUnheardNs)) return std::nullopt;
  return Symptom{Cause::kAnswerIncomplete,
                 request_text(last),
                 {fmt::format("The server answered with {}; {} has no body.",
                              last->status ? std::to_string(*last->status) : "a status",
                              is_head ? "an answer to HEAD" : "such an answer"),
                  is_head ? "lws waits for the body that Content-Length announces: LWS_CALLBACK_COMPLETED_CLIENT_HTTP "
                            "does not come, and the request ends only with the connection."
                          : "For lws an answer with neither Content-Length nor chunks lasts as long as its connection, "
                            "which the server keeps open: LWS_CALLBACK_COMPLETED_CLIENT_HTTP does not come."},
                 Certainty::kLikely,
                 is_head
                     ? "take LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP for the end of a HEAD request, and return -1 there"
                     : "where lws_http_client_http_response() says 204 or 304 in LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP, "
                       "take that for the end, and return -1 there; queue nothing behind such a request "
                       "(LCCSCF_PIPELINE)"};
}

// lws offers the body with RECEIVE_CLIENT_HTTP, and reads it when it is told to.
std::optional<Symptom> answer_not_read(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || !last->responded_ns || of.connection.session || !waited_to_the_end(of)) return std::nullopt;
  if (last->outcome != Outcome::kAborted && last->outcome != Outcome::kOpen) return std::nullopt;
  const auto &tcp = of.connection.tcp;
  const std::string answered = fmt::format("The server answered {} with {}; ", request_text(last),
                                           last->status ? std::to_string(*last->status) : "a status");
  const bool all_seen = of.log.by_preload && !of.log.lossy();
  if (all_seen && !of.clues.reads_answer && !last->has_no_body() && of.until_ns() >= *last->responded_ns + kUnheardNs) {
    Symptom symptom{Cause::kNotRead,
                    wait_text(of, *last->responded_ns),
                    {answered + "this program never called lws_http_client_read() for it.",
                     "lws reads the body only then, so LWS_CALLBACK_COMPLETED_CLIENT_HTTP cannot come."},
                    Certainty::kProven,
                    kReadAdvice};
    if (tcp && tcp->unread_bytes > 0) return symptom;
    symptom.certainty = Certainty::kLikely;  // what came with the head, lws has read
    symptom.why.emplace_back(
        "If LWS_CALLBACK_RECEIVE_CLIENT_HTTP never came either, the server sent the head of its answer and no body.");
    symptom.advice += "; if that never comes, see why the server stops after the head";
    return symptom;
  }
  if (!tcp || tcp->unread_bytes == 0 || tcp->unread_ns < kUnheardNs) return std::nullopt;
  return Symptom{
      Cause::kNotRead,
      span_text(0, tcp->unread_ns),
      {answered + fmt::format("{} of its body {} unread in the socket.", count_text(tcp->unread_bytes, "byte"),
                              tcp->unread_bytes == 1 ? "lies" : "lie")},
      Certainty::kProven,
      kReadAdvice};
}

std::optional<Symptom> half_a_head(const Case &of) {
  const Transaction *last = of.last();
  const uint64_t bytes = answer_bytes(of);
  if (last == nullptr || last->responded_ns || !waited_to_the_end(of) || bytes <= 1) return std::nullopt;
  if (of.is_open() && of.clues.has(k_CLIENT_CONNECTION_ERROR)) return std::nullopt;  // lws has said why it ends
  if (last->outcome != Outcome::kAborted && last->outcome != Outcome::kOpen) return std::nullopt;
  return Symptom{Cause::kAnswerIncomplete,
                 request_text(last),
                 {fmt::format("{} of the answer came within {}; the empty line that ends its head did not.",
                              count_text(bytes, "byte"), span_text(last->requested_ns, of.until_ns())),
                  "So neither LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP nor LWS_CALLBACK_CLIENT_ESTABLISHED came."},
                 Certainty::kProven,
                 "see why the server stops in the head of its answer; what listens there may speak another protocol"};
}

std::optional<Symptom> head_too_large(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->responded_ns) return std::nullopt;
  const bool is_said = of.connection.close->said == Said::kHeadersTooLarge;
  const bool unread = error_word_of(message_of(of)) == ErrorWord::kUnreadable && of.connection.first_answer > 0 &&
                      answer_bytes(of) >= kHeadBytes;
  if (!is_said && !unread) return std::nullopt;
  Symptom symptom{Cause::kAnswerRefused,
                  "its headers are larger than max_http_header_data of the context allows",
                  {},
                  is_said ? Certainty::kProven : Certainty::kLikely,
                  "raise max_http_header_data of this program's context (4096 bytes, if not set)"};
  symptom.why.push_back(fmt::format("{} came in answer to {}; lws says: '{}'.",
                                    answer_bytes(of) > 0 ? count_text(answer_bytes(of), "byte") : "A head",
                                    request_text(last), printable(message_of(of))));
  if (is_said) symptom.why.emplace_back("lws logged that it ran out of room for headers.");
  return symptom;
}

// The server speaks nothing but websocket there, and this program asked without one.
std::optional<Symptom> wants_websocket(const Case &of) {
  constexpr int kUpgradeRequired = 426;
  const Transaction *last = of.last();
  if (last == nullptr || last->status != kUpgradeRequired || of.connection.wanted.is_websocket ||
      last->outcome == Outcome::kRejected || of.connection.session)
    return std::nullopt;
  return Symptom{
      Cause::kErrorStatus,
      fmt::format("the server answered {} with {}", request_text(last), kUpgradeRequired),
      {"426 (Upgrade Required) means that this URL expects another protocol than plain HTTP, usually websocket.",
       "The connect info names a `method`, so lws made a plain HTTP request of it."},
      Certainty::kProven,
      "for a websocket leave `method` of the connect info at NULL"};
}

// After a redirect lws asks anew, and wants the body anew.
void tell_of_redirect(Symptom &symptom, const Case &of) {
  const auto &all = of.connection.transactions;
  const int before = all.size() < 2 ? 0 : all[all.size() - 2].status.value_or(0);
  if (before < 300 || before > 399 || before == 304) return;
  symptom.why.push_back(
      fmt::format("The server had answered {} with {}, a redirect. lws follows it with a request of its own, for which "
                  "LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER comes again; the body has to be written again, too.",
                  request_text(&all[all.size() - 2]), before));
  symptom.advice =
      "start the body from its beginning whenever LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER comes, with "
      "lws_client_http_body_pending(wsi, 1) and lws_callback_on_writable() there; or ask for what the redirect names "
      "at "
      "once";
}

// It went out on the socket of the one before, which the server was about to close.
bool tell_of_shared_socket(Symptom &symptom, const Case &of) {
  const Sharing::Leader *leader = of.premises.sharing().leader_of(of.connection.id);
  if (leader == nullptr || !leader->has_answered || of.connection.local.empty() || leader->local != of.connection.local)
    return false;
  symptom.why.push_back(fmt::format(
      "It had no socket of its own: lws sent it on that of connection {} ({}), as soon as {} had been answered there{} "
      "(LCCSCF_PIPELINE). A server that closes after its answer (Connection: close) does not read it any more.",
      leader->id, printable(leader->local), printable(leader->request),
      leader->status ? fmt::format(" with {}", *leader->status) : ""));
  symptom.advice =
      "leave out LCCSCF_PIPELINE for a server that closes after each answer (curl -v shows Connection: close), or send "
      "the request again when this comes: nothing was done for it";
  return true;
}

// The server does not read what it was sent.
std::optional<Symptom> body_not_taken(const Case &of) {
  const Transaction *last = of.last();
  const auto &tcp = of.connection.tcp;
  if (last == nullptr || last->responded_ns || !waited_to_the_end(of) || !of.clues.body || !tcp ||
      tcp->unsent_bytes == 0 || tcp->unsent_ns < kUnheardNs || tcp->peer_closed_ns)
    return std::nullopt;
  return Symptom{
      Cause::kPeerNotReading,
      span_text(tcp->unsent_ns),
      {fmt::format("{} of the body of {} waited in the socket {}, and the server took nothing for {}: its receive "
                   "buffer is full. It did not answer either.",
                   count_text(tcp->unsent_bytes, "byte"), request_text(last),
                   of.is_open() ? "at the end of the log" : "when it was closed", span_text(tcp->unsent_ns)),
       "lws ends nothing by itself while a body is on its way."},
      Certainty::kProven,
      "see the server's log: it may have stopped at a limit of its own, or wait for something else; lws_set_timeout() "
      "with each piece of the body ends a request that makes no progress"};
}

// An answer that began and has no end. It may be meant to have none.
std::optional<Symptom> answer_goes_on(const Case &of) {
  constexpr Ns kSilentNs = 1'000'000'000;
  const Transaction *last = of.last();
  const auto &tcp = of.connection.tcp;
  if (last == nullptr || !last->responded_ns || !waited_to_the_end(of) || of.ended_as(CloseReason::kTimeout) ||
      of.connection.session || !tcp || tcp->unheard_ns < kSilentNs || tcp->unread_bytes > 0 || tcp->peer_closed_ns ||
      tcp->was_reset)
    return std::nullopt;
  if (last->outcome != Outcome::kAborted && last->outcome != Outcome::kOpen) return std::nullopt;
  Symptom symptom{
      Cause::kAnswerIncomplete,
      request_text(last),
      {fmt::format("The server answered with {} after {}; {} came in all, nothing in the last {}, and the server kept "
                   "the connection open.",
                   last->status ? std::to_string(*last->status) : "a status",
                   span_text(last->requested_ns, *last->responded_ns), count_text(tcp->received_bytes, "byte"),
                   span_text(tcp->unheard_ns)),
       "So LWS_CALLBACK_COMPLETED_CLIENT_HTTP did not come. An answer with neither Content-Length nor chunks lasts as "
       "long as its connection."},
      Certainty::kProven,
      "compare what came with the Content-Length of the answer (curl -i): if bytes are missing, see why the server "
      "stops there; lws waits for them for ever, unless lws_set_timeout() is called with each piece that comes; a "
      "stream of events that is meant to last needs nothing"};
  symptom.is_note = true;
  return symptom;
}

std::optional<Symptom> callback_ended_it(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->outcome != Outcome::kAborted || !of.clues.refused) return std::nullopt;
  if (of.connection.close->by != CloseBy::kLocal) return std::nullopt;
  Symptom symptom{
      Cause::kClosedMidway,
      request_text(last),
      {fmt::format("{} of protocol {} returned non-zero {} after the request, which makes lws close the connection.",
                   callback_name(*of.clues.refused), quoted(of.clues.refused_by),
                   span_text(last->requested_ns, of.clues.refused_ns))},
      Certainty::kProven,
      "return 0 where the connection is to go on"};
  if (last->status)
    symptom.why.push_back(fmt::format("The server answered {} with {}.", request_text(last), *last->status));
  return symptom;
}

// lws takes any answer for a success.
std::optional<Symptom> server_said_no(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || last->outcome != Outcome::kCompleted || last->status.value_or(0) < 400) return std::nullopt;
  Symptom symptom{Cause::kErrorStatus,
                  fmt::format("the server answered {} with {}", request_text(last), *last->status),
                  {"lws takes every answer for a success: LWS_CALLBACK_COMPLETED_CLIENT_HTTP came as it does for 200, "
                   "and lws_http_client_http_response() tells the status."},
                  Certainty::kProven,
                  advice_on_status(*last->status)};
  if (last->status == 400 && !of.connection.tls) symptom.advice += kPlainAdvice;
  const auto &all = of.connection.transactions;
  if (const auto before = all.size() < 2 ? 0 : all[all.size() - 2].status.value_or(0); before >= 300 && before <= 399)
    symptom.why.push_back(
        fmt::format("Before that the server had redirected {} with {}: lws follows with the same method.",
                    request_text(&all[all.size() - 2]), before));
  return symptom;
}

}  // namespace wsitrace
