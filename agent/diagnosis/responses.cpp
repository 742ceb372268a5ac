// SPDX-License-Identifier: MIT
//
// What handlers owe their peers: a response, the rest of one, and the call that says that this was all.
#include <fmt/format.h>
#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kPatienceNs = 500'000'000;  // whoever waits that long for a handler may well wait for a bug
constexpr Ns kUnreadNs = 1'000'000'000;  // lws reads what comes in with its next turn

std::string status_text(const Transaction &transaction) {
  return transaction.status ? fmt::format("status {}", *transaction.status) : "a status that is not known";
}

// What is known of a response that was not written to its end; nullptr: nothing.
const ResponsePart *part_of(const Case &of, const Transaction &transaction) {
  return of.clues.part && of.clues.part->transaction == transaction.index ? &*of.clues.part : nullptr;
}

// Its content-length promises more than was sent.
bool is_short(const ResponsePart &part) {
  return part.promised_bytes && part.sent_bytes && *part.sent_bytes < *part.promised_bytes;
}

// "7 of the 100 bytes of its body".
std::string progress_text(const ResponsePart &part) {
  return fmt::format("{} of the {} of its body", *part.sent_bytes == 0 ? "none" : std::to_string(*part.sent_bytes),
                     count_text(*part.promised_bytes, "byte"));
}

// The peer takes nothing, or not all yet: that is not the handler's doing.
bool peer_does_not_read(const Case &of) { return of.connection.tcp && of.connection.tcp->unsent_bytes > 0; }

bool has_no_length(const Case &of) { return (of.clues.request_flags & kNoBodyLength) != 0; }

Symptom owed(const Case &of, const Transaction &last) {
  Symptom symptom{
      Cause::kResponseOwed,
      request_text(&last),
      {fmt::format("The handler of protocol {} was called {} after the request; no response was sent for {}.",
                   quoted(last.protocol), span_text(last.requested_ns, *last.handled_ns),
                   span_text(last.requested_ns, of.until_ns())),
       fmt::format("The last callback recorded on it: {}.", in_charge_text(of.connection))},
      Certainty::kProven,
      {}};
  if (has_no_length(of)) {
    symptom.why.emplace_back(
        "The request has neither Content-Length nor Transfer-Encoding, so it has no body (RFC 9112); lws waits for one "
        "all the same, and LWS_CALLBACK_HTTP_BODY_COMPLETION does not come.");
    symptom.advice =
        "answer in LWS_CALLBACK_HTTP where lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) is 0, or let the "
        "client send Content-Length: 0";
  }
  if (of.clues.body_told > 1)
    symptom.why.push_back(fmt::format(
        "LWS_CALLBACK_HTTP_BODY_COMPLETION came {} times for it: more bytes of the client wait behind the body, "
        "usually "
        "its next request. lws reads that only once this one is completed, and asks again in each turn, without sleep.",
        of.clues.body_told));
  if (of.clues.asks_first_protocol)
    symptom.why.emplace_back(
        "It is protocols[0] of the vhost, which lws asks, too, where no mount has the path, and where the file of a "
        "mount is missing.");
  return symptom;
}

Symptom cut(const Case &of, const Transaction &last, const ResponsePart &part) {
  return {Cause::kResponseUnfinished,
          request_text(&last),
          {fmt::format(
               "The handler of protocol {} sent {} and {}, as its Content-Length says; then it wrote nothing for {}.",
               quoted(last.protocol), status_text(last), progress_text(part),
               span_text(part.written_ns.value_or(*last.responded_ns), of.until_ns())),
           "The client waits for the rest."},
          Certainty::kProven,
          "write the rest, the last of it with LWS_WRITE_HTTP_FINAL (lws_callback_on_writable() asks for the turn to "
          "do so), and call lws_http_transaction_completed() only then"};
}

// What this side may send is used up, and the peer allows no more.
Symptom window_full(const Case &of, const Transaction &last, const ResponsePart &part) {
  return {
      Cause::kPeerNotReading,
      span_text(part.written_ns.value_or(*last.responded_ns), of.until_ns()),
      {fmt::format("The handler of protocol {} sent {} and {}, and then nothing.", quoted(last.protocol),
                   status_text(last), progress_text(part)),
       "On HTTP/2 a side may send 65,535 bytes until the peer allows more (WINDOW_UPDATE), if the peer set no other "
       "window: lws calls no WRITEABLE until then."},
      Certainty::kLikely,
      "see why the client takes no more: a download that was paused, or a reader that is slow"};
}

Symptom uncompleted(const Case &of, const Transaction &last) {
  return {Cause::kResponseUnfinished,
          request_text(&last),
          {fmt::format("The handler of protocol {} sent {} and all of its response, and never called "
                       "lws_http_transaction_completed(), for {}.",
                       quoted(last.protocol), status_text(last), span_text(last.requested_ns, of.until_ns())),
           "Until it does, lws handles no further request on that connection: a later one waits, unread."},
          Certainty::kProven,
          {}};
}

// A handler was called and its work has not ended: what it did so far.
Symptom unanswered(const Case &of, const Transaction &last) {
  if (!last.responded_ns) return owed(of, last);
  const ResponsePart *part = part_of(of, last);
  if (last.written_ns || part == nullptr) return uncompleted(of, last);
  return is_at_window(of, *part) ? window_full(of, last, *part) : cut(of, last, *part);
}

// A response that is still being sent, as an event stream is for hours, is not forgotten.
bool is_forgotten(const Case &of, const Transaction &last) {
  if (!last.responded_ns || last.written_ns) return true;
  const ResponsePart *part = part_of(of, last);
  if (part == nullptr || !is_short(*part) || last.has_no_body() || peer_does_not_read(of)) return false;
  return of.until_ns() >= part->written_ns.value_or(*last.responded_ns) + kPatienceNs;
}

void add_peer(std::vector<std::string> &why, const Connection &connection) {
  if (connection.tcp && connection.tcp->peer_closed_ns)
    why.push_back(
        fmt::format("Its peer has gone: the socket was in CLOSE_WAIT for {}, unnoticed by lws (see "
                    "lws_rx_flow_control() and lws_set_timeout()).",
                    span_text(*connection.tcp->peer_closed_ns)));
}

// A later request, which lws does not read before the response to the one before is completed.
void add_unread(std::vector<std::string> &why, const Connection &connection) {
  if (connection.tcp && connection.tcp->unread_bytes > 0)
    why.push_back(fmt::format("{} from the peer {} unread in the socket: its next request waits behind this one.",
                              count_text(connection.tcp->unread_bytes, "byte"),
                              connection.tcp->unread_bytes == 1 ? "is" : "are"));
}

std::string end_text_of(const Case &of) {
  switch (of.connection.close ? of.connection.close->reason : CloseReason::kUnknown) {
    case CloseReason::kContextDestroyed: return "the program destroyed its lws context";
    case CloseReason::kTimeout: return "lws's timeout" + timeout_text(of) + " fired";
    case CloseReason::kPeerClosed: return "the peer closed: it had waited that long";
    case CloseReason::kStreamReset: return "the peer reset the stream: it had waited that long";
    case CloseReason::kParentClosed: return "the connection that carried it was closed";
    default: return "the connection was closed";
  }
}

// lws could not take what came after a response that is not completed, and closed the connection; no callback had asked for that.
bool another_was_refused(const Case &of) {
  return of.ended_as(CloseReason::kRefused) && of.connection.close->said == Said::kNothing && !of.clues.refused &&
         of.last()->handled_ns && !of.last()->brings_body();
}

// The first response that was written whole, and for a while was not completed; nullptr: none.
const Transaction *forgotten_one(const Case &of) {
  constexpr Ns kForgottenNs = 50'000'000;  // some complete it in the next turn
  for (const Transaction &one : of.connection.transactions) {
    if (one.outcome != Outcome::kAborted || !one.written_ns) continue;
    const bool is_last = &one == of.last();
    if (is_last && another_was_refused(of)) return &one;
    if (is_last && of.connection.origin != Origin::kStream && (!of.connection.tcp || peer_does_not_read(of))) continue;
    const bool was_last_answered = of.last()->outcome == Outcome::kCompleted;  // else it still matters at the end
    const Ns until_ns = is_last || !was_last_answered ? of.until_ns() : one.completed_ns.value_or(0);
    if (until_ns >= *one.written_ns + kForgottenNs) return &one;
  }
  return nullptr;
}

}  // namespace

// One of a connection that has ended, or has gone on to the next request.
std::optional<Symptom> forgot_completion(const Case &of) {
  const Transaction *one = forgotten_one(of);
  if (one == nullptr) return std::nullopt;
  const bool is_last = one == of.last();
  Symptom symptom{Cause::kResponseUnfinished,
                  request_text(one),
                  {fmt::format("The handler of protocol {} sent {} and all of its response to {}, and never called "
                               "lws_http_transaction_completed(){}.",
                               quoted(one->protocol), status_text(*one), request_text(one),
                               is_last ? ", for " + span_text(*one->written_ns, of.until_ns()) : "")},
                  Certainty::kProven,
                  {}};
  if (is_last && another_was_refused(of))
    symptom.why.emplace_back(
        "Then more data came on the connection, usually the next request. lws cannot take it before the response is "
        "completed, and closed the connection (lws_read_h1 bail).");
  else
    symptom.why.push_back(
        is_last
            ? "Until it does, lws handles no further request on that connection: a later one waits, unread."
            : fmt::format(
                  "A further request came on the connection {} later{}: for lws the one before was not over.",
                  span_text(*one->written_ns, one->completed_ns.value_or(of.until_ns())),
                  of.last()->outcome == Outcome::kCompleted || of.last()->responded_ns ? "" : ", and got no answer"));
  const bool went_on = !is_last && of.last()->responded_ns;  // then nobody had waited for that
  if (!of.is_open() && !went_on) symptom.why.push_back(fmt::format("It ended when {}.", end_text_of(of)));
  return symptom;
}

bool is_at_window(const Case &of, const ResponsePart &part) {
  constexpr uint64_t kWindowBytes = 65'535, kFrameBytes = 16'384;  // RFC 9113: initial window, largest frame
  if (of.connection.origin != Origin::kStream || !is_short(part)) return false;
  return *part.sent_bytes + kFrameBytes > kWindowBytes && *part.sent_bytes <= kWindowBytes + kFrameBytes;
}

bool awaits_body(const Case &of, const Transaction &transaction) {
  if (&transaction == of.last() && has_no_length(of)) return false;
  return transaction.brings_body() && !of.clues.has(k_HTTP_BODY_COMPLETION);
}

bool is_owed(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || !last->handled_ns || awaits_body(of, *last)) return false;
  return of.until_ns() >= last->requested_ns + kPatienceNs && is_forgotten(of, *last);
}

std::optional<Symptom> owes_response(const Case &of) {
  const Transaction *last = of.last();
  if (!of.is_open() || last == nullptr || last->outcome != Outcome::kOpen || !is_owed(of)) return std::nullopt;
  Symptom symptom = unanswered(of, *last);
  add_peer(symptom.why, of.connection);
  add_unread(symptom.why, of.connection);
  return symptom;
}

// Closed at last, long after the handler was called.
std::optional<Symptom> gave_up(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->outcome != Outcome::kAborted || !last->handled_ns) return std::nullopt;
  if (of.clues.refused || of.until_ns() < last->requested_ns + kPatienceNs || !is_forgotten(of, *last))
    return std::nullopt;
  if (awaits_body(of, *last) && !last->responded_ns) return std::nullopt;
  Symptom symptom = unanswered(of, *last);
  const int limit_s = pending_timeout_seconds(of.clues.pending_timeout);
  if (!last->responded_ns && of.ended_as(CloseReason::kTimeout) && limit_s > 0)
    symptom.advice = fmt::format(
        "answer within {} s and call lws_http_transaction_completed() then, on every path of the handler; one that "
        "needs longer calls lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, seconds) when it begins",
        limit_s);
  symptom.why.push_back(fmt::format("It ended when {}.", end_text_of(of)));
  add_unread(symptom.why, of.connection);
  return symptom;
}

std::optional<Symptom> answered_twice(const Case &of) {
  const std::vector<int> &statuses = of.clues.statuses;
  const Transaction *last = of.last();
  if (statuses.size() < 2 || last == nullptr || of.clues.answered != last->index) return std::nullopt;
  return Symptom{
      Cause::kAnsweredTwice,
      request_text(last),
      {fmt::format("Status {} was sent, and then status {}, before the transaction was completed: the client takes the "
                   "second for part of the body, or for the answer to its next request.",
                   statuses[0], statuses[1])},
      Certainty::kProven,
      {}};
}

std::optional<Symptom> not_read(const Case &of) {
  const auto &tcp = of.connection.tcp;
  if (!tcp || tcp->unread_bytes == 0 || tcp->unread_ns < kUnreadNs || tcp->peer_closed_ns) return std::nullopt;
  return Symptom{Cause::kNotRead,
                 span_text(tcp->unread_ns),
                 {fmt::format("{} from the peer waited unread in the socket {}: lws was told not to read "
                              "(lws_rx_flow_control(wsi, 0)), or its loop did not run.",
                              count_text(tcp->unread_bytes, "byte"),
                              of.is_open() ? "at the end of the log" : "when it was closed")},
                 Certainty::kLikely,
                 {}};
}

std::optional<Symptom> lost_with_carrier(const Case &of) {
  const Transaction *last = of.last();
  if (!of.ended_as(CloseReason::kParentClosed) || last == nullptr || last->outcome != Outcome::kAborted ||
      last->written_ns)
    return std::nullopt;
  const bool is_of_client = !of.connection.target.empty();  // a stream of an outbound connection
  Symptom symptom{
      Cause::kLostWithCarrier,
      {},
      {is_of_client ? fmt::format("lws had sent {} as a client, and the server had not {} when connection {} "
                                  "was closed.",
                                  request_text(last), last->responded_ns ? "answered all of it" : "answered",
                                  of.connection.parent.value_or(0))
                    : fmt::format("{} had been handled by protocol {} and was not answered when connection "
                                  "{} was closed.",
                                  request_text(last), quoted(last->protocol), of.connection.parent.value_or(0))},
      Certainty::kProven,
      is_of_client ? "see why that connection ended; send again what is safe to repeat" : ""};
  if (!is_of_client && !last->responded_ns && awaits_body(of, *last)) {
    symptom.why.emplace_back(
        "LWS_CALLBACK_HTTP_BODY_COMPLETION had not come: not all of its body had, or the request has no "
        "Content-Length, without which libwebsockets 4.1 does not report the end of a body on HTTP/2.");
    symptom.advice = "let the client send Content-Length, and see whether it sends all of the body";
  }
  return symptom;
}

std::string missing_body_text(const Case &of) {
  if ((of.clues.request_flags & kBodyInChunks) != 0)
    return "its body came in chunks (Transfer-Encoding: chunked), whose end lws does not tell by "
           "LWS_CALLBACK_HTTP_BODY_COMPLETION";
  if ((of.clues.request_flags & kExpectsContinue) != 0)
    return "it had asked for '100 Continue' (Expect: 100-continue), which lws does not send, and held its body back "
           "until "
           "then";
  return "not all of the request's body had come";
}

// A client that asks for 100 Continue sends its body after a while, without it.
std::optional<Symptom> continue_not_sent(const Case &of) {
  const Transaction *last = of.last();
  constexpr Ns kBodyWaitsNs = 500'000'000;
  if (last == nullptr || (of.clues.request_flags & kExpectsContinue) == 0 || !of.clues.body_came_ns)
    return std::nullopt;
  if (*of.clues.body_came_ns < last->requested_ns + kBodyWaitsNs) return std::nullopt;
  return Symptom{
      Cause::kContinueNotSent,
      request_text(last),
      {fmt::format("The request asked for '100 Continue' before its body (Expect: 100-continue). lws does not "
                   "send that by itself, and the client sent its body only {} after the head.",
                   span_text(last->requested_ns, *of.clues.body_came_ns))},
      Certainty::kLikely,
      {}};
}

// The handler gave up because nobody was there any more: the socket was over, and the peer had been silent since before.
bool was_left_before(const Case &of) {
  constexpr Ns kTicksNs = 20'000'000;  // the kernel counts in ticks of up to 10 ms
  const auto &tcp = of.connection.tcp;
  return of.ended_as(CloseReason::kContextDestroyed) && of.clues.refused && tcp && tcp->was_over &&
         tcp->unheard_ns > 0 &&
         of.until_ns() < tcp->unheard_ns + of.clues.refused_ns - std::min(of.clues.refused_ns, kTicksNs);
}

std::optional<Symptom> left_midway(const Case &of) {
  const Transaction *last = of.last();
  if (of.is_open() || !of.connection.close || last == nullptr || last->outcome != Outcome::kAborted)
    return std::nullopt;
  if (auto symptom = vhost_taken_away(of, *last)) return symptom;
  if (last->written_ns) return std::nullopt;
  const std::string span = span_text(last->requested_ns, of.until_ns());
  const ResponsePart *part = part_of(of, *last);
  const std::string sent = part != nullptr && is_short(*part) ? "; " + progress_text(*part) + " had been sent"
                           : last->status                     ? fmt::format("; {} had been sent", *last->status)
                                                              : "";
  if (of.connection.close->by == CloseBy::kPeer || peer_was_first(of))
    return Symptom{last->responded_ns ? Cause::kPeerLeftInResponse : Cause::kPeerLeftEarly,
                   request_text(last),
                   {fmt::format("The peer closed {} after its request{}{}.", span, sent,
                                !last->responded_ns && awaits_body(of, *last) ? "; " + missing_body_text(of) : "")},
                   Certainty::kProven,
                   of.clues.request_flags & kExpectsContinue && awaits_body(of, *last) ? kContinueAdvice : ""};
  if (was_left_before(of))
    return Symptom{
        last->responded_ns ? Cause::kPeerLeftInResponse : Cause::kPeerLeftEarly,
        request_text(last),
        {fmt::format("{}{}: the peer had left before that, {} after it was last heard from.", refusal_text(of.clues),
                     sent, span_text(of.until_ns() - of.connection.tcp->unheard_ns, of.clues.refused_ns))},
        Certainty::kLikely,
        ""};
  // An event stream has no end that anybody waits for.
  if (of.ended_as(CloseReason::kContextDestroyed) && part != nullptr && !part->promised_bytes && part->written_ns)
    return std::nullopt;
  if (of.connection.close->by != CloseBy::kLocal) return std::nullopt;
  if (of.ended_as(CloseReason::kContextDestroyed) && awaits_body(of, *last))
    if (auto unread = not_read(of)) return unread;
  Symptom symptom{Cause::kClosedMidway, request_text(last), {}, Certainty::kProven, {}};
  if (of.clues.refused) {
    symptom.why.push_back(refusal_text(of.clues) + ", which makes lws close the connection" + sent + ".");
    const bool never_out = last->responded_ns && part == nullptr && of.connection.tcp &&
                           of.connection.tcp->sent_bytes <= 1 && of.connection.transactions_total == 1;
    if (never_out)
      symptom.why = {refusal_text(of.clues) + ", which makes lws close the connection.",
                     fmt::format("A head with {} was begun, and no byte of it went out.", status_text(*last))};
    symptom.advice =
        never_out ? "see which call on its way failed: lws_add_http_header_...() and lws_finalize_http_header() return "
                    "non-zero where the buffer has no room for more (LWS_PRE and some 2048 bytes are enough as a rule)"
        : last->responded_ns
            ? "return 0 where the connection is to go on, -1 only after all of the response was written"
            : "return 0 where the connection is to go on; to refuse, call lws_return_http_status() before return -1: "
              "without it the client gets an empty reply";
    if (of.connection.close->said == Said::kNoForm) {
      symptom.why.push_back(fmt::format("lws logged right before that {}.", row_of(Said::kNoForm).wrong));
      symptom.advice = row_of(Said::kNoForm).advice;
    }
  } else if (of.ended_as(CloseReason::kContextDestroyed)) {
    symptom.why.push_back(fmt::format("The program destroyed its lws context {} after the request{}.", span, sent));
  }
  return symptom;
}

}  // namespace wsitrace
