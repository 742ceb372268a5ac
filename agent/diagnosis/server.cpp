// SPDX-License-Identifier: MIT
//
// What goes wrong on the connections of a server, or ends them, besides a response that is owed (responses.cpp).
#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/lws/timeouts.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kNotTakenNs = 500'000'000;    // of what the peer does not take
constexpr Ns kHeadUnreadNs = 250'000'000;  // of a request, by a loop that runs

std::string connection_role_text(const Connection &connection) {
  return connection.session ? "websocket session" : "connection";
}

// The callback that objects to what it received may have taken a part of a message for all of it.
void tell_of_pieces(Symptom &symptom, const Case &of) {
  constexpr uint64_t kBufferBytes = 4096;  // pt_serv_buf_size where it is not set
  const bool of_client = of.clues.refused == k_CLIENT_RECEIVE;
  const auto &tcp = of.connection.tcp;
  if (!of.connection.session || (!of_client && of.clues.refused != k_RECEIVE) || !tcp) return;
  const uint32_t rest = tcp->unread_bytes;
  if (tcp->received_bytes <= kBufferBytes && (rest == 0 || of.clues.close_code)) return;
  symptom.why.push_back(
      fmt::format("{} had come in on the connection{}. LWS_CALLBACK_{}RECEIVE gets a large message in pieces, as they "
                  "come from the "
                  "socket, of at most rx_buffer_size of the protocol (or pt_serv_buf_size, 4096 bytes if not set).",
                  count_text(tcp->received_bytes, "byte"),
                  rest > 0 ? fmt::format(", and {} more lay unread in the socket", count_text(rest, "byte")) : "",
                  of_client ? "CLIENT_" : ""));
  symptom.advice =
      "collect the pieces until lws_is_final_fragment(wsi) is true and lws_remaining_packet_payload(wsi) is 0, and "
      "only then look at the message; return 0 to keep the connection open";
}

// WRITEABLE comes when lws holds nothing. What this callback then wrote, lws held in part when the callback ended the session, and
// sent before it closed: without TLS, which says goodbye itself, and a close frame, nothing else makes lws begin a second time.
bool tell_of_unsent(Symptom &symptom, const Case &of) {
  constexpr Ns kGoesOnNs = 100'000'000, kGivesUpNs = 4'500'000'000;
  const bool is_to_write = of.clues.refused == k_SERVER_WRITEABLE || of.clues.refused == k_CLIENT_WRITEABLE;
  if (!is_to_write || !of.connection.session || of.clues.close_code) return false;
  // LWS_CALLBACK_CLOSED comes after that.
  const Ns closed_ns = of.connection.session->closed_ns.value_or(of.until_ns());
  const Ns went_on_ns = closed_ns - std::min(closed_ns, of.clues.refused_ns);
  if (went_on_ns < kGoesOnNs && (of.clues.closes < 2 || of.connection.tls)) return false;
  symptom.why.push_back(fmt::format(
      "lws still held a part of what that callback had written, and went on sending for {}{}. It passes on no more "
      "at a time than the socket takes, and than rx_buffer_size of the protocol (or pt_serv_buf_size, 4096 bytes if "
      "not set).",
      span_text(0, went_on_ns),
      went_on_ns >= kGivesUpNs ? ", which it does for 5 s at most, and discarded the rest" : ""));
  symptom.why.emplace_back(
      "While lws holds the rest of one message, lws_write() of the next may return less than it was given. That is no "
      "error: lws has taken all of it.");
  symptom.advice =
      "write one message (or one piece of some 16 to 64 KiB) in each WRITEABLE, and ask for the next one with "
      "lws_callback_on_writable(): it comes when lws has sent what it holds; return -1 where lws_write() was negative, "
      "or in the WRITEABLE after the last message";
  return true;
}

void tell_of_writeable(Symptom &symptom, const Case &of) {
  if (of.clues.close_code || (of.clues.refused != k_SERVER_WRITEABLE && of.clues.refused != k_CLIENT_WRITEABLE)) return;
  symptom.why.emplace_back(
      "WRITEABLE can also come when nobody asked for it (after a message that the socket took in parts), and comes "
      "once "
      "for several calls of lws_callback_on_writable(): having nothing to write is not an error.");
  symptom.advice =
      "return 0 to keep the connection open, also where there is nothing to write; do not return the result of "
      "lws_write(), which is a byte count";
}

}  // namespace

std::optional<Symptom> descriptor_gone(const Case &of) {
  if (!of.clues.descriptor_gone) return std::nullopt;
  Symptom symptom{Cause::kDescriptorGone, {}, {}, Certainty::kProven, {}};
  symptom.why.push_back(fmt::format(
      "When lws was about to close it, descriptor {} was closed already (EBADF). Who closes a number twice may close "
      "another connection's, which has it by then.",
      of.connection.fd ? std::to_string(*of.connection.fd) : "of it"));
  return symptom;
}

std::optional<Symptom> vhost_gone(const Case &of) {
  if (!of.is_open()) return std::nullopt;
  const OptionalNs gone_ns = of.premises.vhost_gone_ns(of.connection.vhost);
  if (!gone_ns || *gone_ns < of.connection.opened_ns) return std::nullopt;
  return Symptom{
      Cause::kVhostGone,
      {},
      {fmt::format("lws_vhost_destroy() of vhost {} was called at {}; this version of lws leaves the vhost's "
                   "connections open, this one for {} by the end of the log.",
                   quoted(of.connection.vhost), time_text(*gone_ns, of.log.started_ns),
                   span_text(*gone_ns, of.log.last_ns))},
      Certainty::kProven,
      {}};
}

// This program did: the peer saw the end, and closed its own side, before lws was through.
std::optional<Symptom> vhost_taken_away(const Case &of, const Transaction &last) {
  const OptionalNs gone_ns = of.premises.vhost_gone_ns(of.connection.vhost);
  if (!gone_ns || *gone_ns < last.requested_ns || *gone_ns > of.until_ns() ||
      of.connection.close->by == CloseBy::kPeer || !last.handled_ns || last.responded_ns)
    return std::nullopt;
  Symptom symptom{Cause::kClosedMidway, request_text(&last), {}, Certainty::kProven, {}};
  symptom.why.push_back(
      fmt::format("lws_vhost_destroy() of its vhost {} was called {} after the request had come, before it was "
                  "answered.",
                  quoted(of.connection.vhost), span_text(last.requested_ns, *gone_ns)));
  if (of.clues.refused && of.clues.refused_ns >= *gone_ns)
    symptom.why.push_back(fmt::format("After that, {}.", refusal_text(of.clues)));
  symptom.advice =
      "answer first, and call lws_vhost_destroy() when no callback of the vhost's connections runs: after "
      "lws_service() has returned, or from a timer (lws_sul_schedule())";
  return symptom;
}

// Of the last response that was completed.
std::optional<Symptom> wrong_length(const Case &of) {
  const Transaction *last = of.last();
  const auto &part = of.clues.part;
  if (last == nullptr || !part || part->transaction != last->index || last->outcome != Outcome::kCompleted ||
      !part->promised_bytes || !part->sent_bytes || *part->sent_bytes == *part->promised_bytes)
    return std::nullopt;
  if (last->has_no_body()) {
    if (*part->promised_bytes != 0) return std::nullopt;
    return Symptom{
        Cause::kBodyNotAllowed,
        request_text(last),
        {fmt::format(
            "{} has no body; the handler of protocol {} wrote {} after the head, and the client takes them for "
            "the beginning of the next response.",
            last->method == "HEAD" ? "A response to HEAD" : fmt::format("A response with status {}", *last->status),
            quoted(last->protocol), count_text(*part->sent_bytes, "byte"))},
        Certainty::kProven,
        {}};
  }
  const uint64_t promised = *part->promised_bytes, sent = *part->sent_bytes;
  Symptom symptom{Cause::kWrongLength, request_text(last), {}, Certainty::kProven, {}};
  symptom.why.push_back(
      fmt::format("Its Content-Length says {}; the handler of protocol {} wrote {} and then called "
                  "lws_http_transaction_completed().",
                  count_text(promised, "byte"), quoted(last->protocol), sent == 0 ? "none" : std::to_string(sent)));
  if (sent == 0)
    symptom.advice =
        "write the body before that call; where lws sends a file (lws_serve_http_file() returned 0), return 0 and make "
        "the call in LWS_CALLBACK_HTTP_FILE_COMPLETION";
  symptom.why.push_back(sent < promised
                            ? fmt::format("The client waits for the other {}.", count_text(promised - sent, "byte"))
                            : fmt::format("The client takes the last {} for the beginning of the next response.",
                                          count_text(sent - promised, "byte")));
  return symptom;
}

// lws reads a connection's request into one of its header tables; where all are in use, it does not read.
std::optional<Symptom> header_pool_used_up(const Case &of) {
  const auto &tcp = of.connection.tcp;
  if (of.premises.header_pool() == 0 || of.last() != nullptr || of.connection.session || !tcp ||
      tcp->unread_bytes == 0 || tcp->unread_ns < kHeadUnreadNs || is_raw(of.connection))
    return std::nullopt;
  return Symptom{Cause::kHeaderPool,
                 span_text(tcp->unread_ns),
                 {fmt::format("{} from the peer waited unread in the socket.", count_text(tcp->unread_bytes, "byte")),
                  fmt::format("The context has {} (max_http_header_pool): lws reads a new request only when one of "
                              "them is free.",
                              count_text(of.premises.header_pool(), "header table"))},
                 Certainty::kLikely,
                 {}};
}

bool loop_turned_since(const Case &of, Ns ago_ns) {
  constexpr Ns kNextTurnNs = 300'000'000;
  return of.log.last_turn_ns + ago_ns >= of.until_ns() + kNextTurnNs;
}

// lws accepted it, gave it to one of its service threads, and that one never read from it.
std::optional<Symptom> thread_not_run(const Case &of) {
  const auto &tcp = of.connection.tcp;
  const bool waits = of.is_open() || of.ended_as(CloseReason::kContextDestroyed);
  const bool is_of_http = of.connection.origin == Origin::kAccepted && !is_raw(of.connection);
  if (!waits || !is_of_http || of.last() != nullptr || of.connection.session || !tcp || tcp->peer_closed_ns ||
      tcp->unread_bytes == 0 || !loop_turned_since(of, tcp->unread_ns))
    return std::nullopt;
  if (of.premises.options() && of.premises.options()->count_threads < 2) return std::nullopt;
  return Symptom{
      Cause::kNotItsLoop,
      span_text(tcp->unread_ns),
      {fmt::format(
           "{} from the peer waited unread in the socket. lws accepted the connection and read nothing from it, "
           "while an event loop of this program turned for others.",
           count_text(tcp->unread_bytes, "byte")),
       fmt::format(
           "{} lws spreads what it accepts over its service threads; lws_service() runs the first of them only.",
           of.premises.options()
               ? fmt::format("The context was made with count_threads {}:", of.premises.options()->count_threads)
               : "With count_threads above 1")},
      Certainty::kLikely,
      {}};
}

// Nor does it, where ip_limit_ah of them are in use by clients of one address.
std::optional<Symptom> request_not_read(const Case &of) {
  const auto &tcp = of.connection.tcp;
  const bool waited = of.is_open() || of.ended_as(CloseReason::kContextDestroyed);
  const bool is_of_http = of.connection.origin == Origin::kAccepted && !is_raw(of.connection) && !of.connection.tls;
  if (!waited || !is_of_http || of.last() != nullptr || of.connection.session || !tcp || tcp->unread_bytes == 0 ||
      tcp->unread_ns < kNotTakenNs || !loop_turned_since(of, tcp->unread_ns))
    return std::nullopt;
  return Symptom{
      Cause::kNotRead,
      span_text(tcp->unread_ns),
      {fmt::format("{} from the peer waited unread in the socket {}, and no request was taken from it, while the event "
                   "loop turned.",
                   count_text(tcp->unread_bytes, "byte"),
                   of.is_open() ? "at the end of the log" : "when the context was destroyed"),
       "lws reads a new request only when it has a header table for it: max_http_header_pool of the context limits "
       "them, and ip_limit_ah those that the clients of one address may hold."},
      Certainty::kLikely,
      "raise ip_limit_ah and max_http_header_pool of the context where they are set, and see what holds the header "
      "tables: clients that do not finish their headers, or handlers that do not answer"};
}

std::optional<Symptom> peer_not_reading(const Case &of) {
  const auto &tcp = of.connection.tcp;
  if (!tcp || tcp->unsent_bytes == 0 || tcp->unsent_ns < kNotTakenNs || tcp->peer_closed_ns) return std::nullopt;
  return Symptom{Cause::kPeerNotReading,
                 span_text(tcp->unsent_ns),
                 {fmt::format("{} that this program wrote waited in the socket {}, and nothing of it was taken for {}: "
                              "the peer's receive buffer is full.",
                              count_text(tcp->unsent_bytes, "byte"),
                              of.is_open() ? "at the end of the log" : "when it was closed", span_text(tcp->unsent_ns)),
                  "What lws could not give to the socket it keeps in memory, and lws_write() tells nothing of that."},
                 Certainty::kProven,
                 {}};
}

// lws waits for the peer's own close frame, in every supported version for 5 s.
std::optional<Symptom> close_unanswered(const Case &of) {
  const auto &close = of.connection.close;
  if (of.is_open() || !close || close->by == CloseBy::kPeer || !of.clues.close_code_ns || of.clues.peer_close_ns)
    return std::nullopt;
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  if (pending_timeout_reason(of.clues.pending_timeout) != kTimeout_CLOSE_ACK || limit_s <= 0) return std::nullopt;
  constexpr Ns kTenthOfSecond = 100'000'000;
  if (of.until_ns() < *of.clues.close_code_ns + static_cast<Ns>(limit_s) * 9 * kTenthOfSecond) return std::nullopt;
  return Symptom{
      Cause::kCloseUnanswered,
      fmt::format("{} s", limit_s),
      {fmt::format("This program's close frame{} went out at {}; lws waits up to {} s for the peer's "
                   "(PENDING_TIMEOUT_CLOSE_ACK), and closed the connection then, {} later.",
                   of.clues.close_code ? fmt::format(" {}", *of.clues.close_code) : "",
                   time_text(*of.clues.close_code_ns, of.log.started_ns), limit_s,
                   span_text(*of.clues.close_code_ns, of.until_ns()))},
      Certainty::kProven,
      "see whether the peer still runs and reads; a browser that was suspended, or a link that is gone, does this"};
}

std::optional<Symptom> ended_by_callback(const Case &of) {
  if (!of.ended_as(CloseReason::kHandlerClosed)) return std::nullopt;
  if (!of.connection.session && !is_raw(of.connection)) return std::nullopt;
  if (pending_timeout_seconds(of.clues.pending_timeout) < 0)
    return of.connection.close->killed_at_once
               ? Symptom{Cause::kEndedByCallback,
                         "lws_set_timeout() with LWS_TO_KILL_SYNC",
                         {"lws closes the connection and frees its wsi within that call: a callback of the same "
                          "connection must not do that."},
                         Certainty::kProven,
                         kKillAdvice}
               : Symptom{
                     Cause::kEndedByCallback,
                     "lws_set_timeout() with LWS_TO_KILL_ASYNC",
                     {fmt::format("That was the last timeout it set, and lws closes the connection for it at once{}: "
                                  "{} after it had been opened.",
                                  of.connection.session ? ", without a close frame" : "",
                                  span_text(of.connection.opened_ns, of.until_ns()))},
                     Certainty::kProven,
                     of.connection.session ? "see where it calls that; to let the peer know why, call "
                                             "lws_close_reason() and return -1 from a callback"
                                           : "see where it calls that, if the connection was to go on"};
  if (!of.clues.refused) return std::nullopt;
  Symptom symptom{
      Cause::kEndedByCallback,
      refusal_text(of.clues),
      {fmt::format("lws closes a {} whose callback returns non-zero{}.", connection_role_text(of.connection),
                   of.connection.session && !of.clues.close_code
                       ? "; no close frame went out, so the peer sees code 1006"
                       : "")},
      Certainty::kProven,
      {}};
  if (!tell_of_unsent(symptom, of)) {
    tell_of_pieces(symptom, of);
    tell_of_writeable(symptom, of);
  }
  constexpr Ns kNextTurnNs = 100'000'000;
  const auto &cancelled_ns = of.clues.timer_cancelled_ns;
  if (of.clues.refused == k_TIMER && cancelled_ns && of.clues.refused_ns <= *cancelled_ns + kNextTurnNs) {
    symptom.why.push_back(
        fmt::format("{} before, it had called lws_set_timer_usecs() with LWS_SET_TIMER_USEC_CANCEL: libwebsockets 4.1 "
                    "to 4.3 cancel "
                    "nothing then, but deliver LWS_CALLBACK_TIMER in the next turn of the loop.",
                    span_text(*cancelled_ns, of.clues.refused_ns)));
    symptom.advice =
        "use lws_sul_schedule() and lws_sul_cancel() in place of lws_set_timer_usecs(), or a flag of the session that "
        "LWS_CALLBACK_TIMER looks at before it returns -1";
  }
  return symptom;
}

// Answers that say no. A peer that is refused may call that trouble; the server does what it is told.
std::optional<Symptom> error_status(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || last->status.value_or(0) < 400) return std::nullopt;
  const int status = *last->status;
  Symptom symptom{Cause::kErrorStatus,
                  fmt::format("{} was answered with {}", request_text(last), status),
                  {},
                  Certainty::kProven,
                  {}};
  const bool by_lws = !last->handled_ns;
  symptom.why.push_back(
      by_lws ? fmt::format("lws itself answered for vhost {}; no handler was asked.", quoted(of.connection.vhost))
             : fmt::format("Protocol {} answered.", quoted(last->protocol)));
  const std::string *missing = by_lws && status == 401 ? of.premises.passwords_missing() : nullptr;
  if (missing != nullptr) {
    symptom.why.push_back(
        fmt::format("lws logged that it could not open the mount's password file, {}.", quoted(*missing)));
    symptom.advice = row_of(Said::kPasswordsMissing).advice;
  } else if (status == 401)
    symptom.advice = "send the user and password that the mount asks for (basic_auth_login_file of the lws_http_mount)";
  if (status == 403 && by_lws) symptom.advice = "compare the path with the mounts of the vhost, and see lws's log";
  if (status == 415 && by_lws)
    symptom.advice = "lws does not know the type of that file: add its ending to extra_mimetypes of the mount";
  return symptom;
}

}  // namespace wsitrace
