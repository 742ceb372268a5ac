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

bool has_ended(const Case &of) {
  return of.is_open() || of.ended_as(CloseReason::kContextDestroyed) || of.ended_as(CloseReason::kVhostDestroyed) ||
         of.ended_as(CloseReason::kTimeout);
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
  if (!by_proxy || of.last() != nullptr || of.connection.session || !has_ended(of) || answer_bytes(of) > 1)
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

// An answer to HEAD has no body, whatever its Content-Length says, and lws waits for one.
std::optional<Symptom> head_is_all(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || last->method != "HEAD" || !last->responded_ns) return std::nullopt;
  if (last->outcome != Outcome::kAborted && last->outcome != Outcome::kOpen) return std::nullopt;
  return Symptom{Cause::kAnswerIncomplete,
                 request_text(last),
                 {fmt::format("The server answered with {}; an answer to HEAD has no body.",
                              last->status ? std::to_string(*last->status) : "a status"),
                  "lws waits for the body that Content-Length announces: LWS_CALLBACK_COMPLETED_CLIENT_HTTP does not "
                  "come, and the request ends only with the connection."},
                 Certainty::kLikely,
                 "take LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP for the end of a HEAD request, and return -1 there"};
}

// lws offers the body with RECEIVE_CLIENT_HTTP, and reads it when it is told to.
std::optional<Symptom> answer_not_read(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || !last->responded_ns || of.connection.session || !has_ended(of)) return std::nullopt;
  if (last->outcome != Outcome::kAborted && last->outcome != Outcome::kOpen) return std::nullopt;
  const auto &tcp = of.connection.tcp;
  const std::string answered = fmt::format("The server answered {} with {}; ", request_text(last),
                                           last->status ? std::to_string(*last->status) : "a status");
  const bool all_seen = of.log.by_preload && !of.log.lossy();
  if (all_seen && !of.clues.reads_answer && last->method != "HEAD" && of.until_ns() >= *last->responded_ns + kUnheardNs)
    return Symptom{Cause::kNotRead,
                   wait_text(of, *last->responded_ns),
                   {answered + "this program never called lws_http_client_read() for it.",
                    "lws reads the body only then, so LWS_CALLBACK_COMPLETED_CLIENT_HTTP cannot come."},
                   Certainty::kProven,
                   kReadAdvice};
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
  if (last == nullptr || last->responded_ns || !has_ended(of) || bytes <= 1) return std::nullopt;
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

// lws has a place for the request of a connection in one of its header tables; while all are in use, it waits, without a callback.
std::optional<Symptom> no_table_for_request(const Case &of) {
  const bool waited = of.is_open() || of.ended_as(CloseReason::kContextDestroyed) ||
                      of.ended_as(CloseReason::kTimeout) || of.ended_as(CloseReason::kConnectFailed);
  if (!waited || !of.premises.found_no_header_table(of.connection.id) || of.connection.connected_ns ||
      of.connection.fd || of.last() != nullptr || of.connection.session || is_raw(of.connection) ||
      of.until_ns() < of.connection.opened_ns + kUnheardNs)
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
