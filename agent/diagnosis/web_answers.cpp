// SPDX-License-Identifier: MIT
//
// Responses that were made, and that their clients cannot use: whose end nobody told, whose rest was thrown away, that came before the
// client was ready for them, or whose head leads nowhere.
#include <fmt/format.h>

#include <algorithm>

#include "agent/diagnosis/rules.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

const Transaction *one_numbered(const Connection &connection, uint64_t index) {
  const auto found = std::find_if(connection.transactions.begin(), connection.transactions.end(),
                                  [&](const Transaction &one) { return one.index == index; });
  return found == connection.transactions.end() ? nullptr : &*found;
}

std::string answered_text(const Transaction &transaction) {
  return transaction.status ? fmt::format("{} was answered with {}", request_text(&transaction), *transaction.status)
                            : request_text(&transaction) + " was answered";
}

}  // namespace

// Of HTTP/2, by the application: lws ends the stream only where it is told to, or where it knows which byte is the last.
std::optional<Symptom> stream_not_ended(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || !last->handled_ns || (of.clues.odd_head & kStreamNotEnded) == 0 ||
      of.connection.origin != Origin::kStream)
    return std::nullopt;
  return Symptom{
      Cause::kNoEndOfResponse,
      request_text(last),
      {fmt::format("The handler of protocol {} wrote its response{}, and then called "
                   "lws_http_transaction_completed(). On HTTP/2 a response ends with a frame that has END_STREAM, and "
                   "none had: the client waits for more, or sees the stream reset, though HTTP/1.1 works.",
                   quoted(last->protocol), last->status ? fmt::format(" (status {})", *last->status) : ""),
       "lws sets END_STREAM for LWS_WRITE_HTTP_FINAL, for LWS_WRITE_H2_STREAM_END, and with the last byte of a body "
       "whose Content-Length is not 0; Content-Length: 0 alone does not end the stream."},
      Certainty::kProven,
      "write the last of the body with LWS_WRITE_HTTP_FINAL; of a response without a body, write the head with "
      "LWS_WRITE_HTTP_HEADERS | LWS_WRITE_H2_STREAM_END (lws_finalize_http_header() and lws_write() instead of "
      "lws_finalize_write_http_header()), or an empty lws_write(wsi, p, 0, LWS_WRITE_HTTP_FINAL) after it"};
}

// lws tells the application that its file was sent, and leaves the rest to it.
std::optional<Symptom> file_not_completed(const Case &of) {
  const Transaction *one = one_numbered(of.connection, of.clues.file_forgotten);
  if (one == nullptr || !of.log.by_preload || of.log.lossy() || of.connection.origin == Origin::kStream)
    return std::nullopt;
  return Symptom{
      Cause::kResponseUnfinished,
      request_text(one),
      {fmt::format("The file that answers {} was sent to its end and LWS_CALLBACK_HTTP_FILE_COMPLETION of protocol {} "
                   "came, but nobody called lws_http_transaction_completed().",
                   request_text(one), quoted(of.clues.file_protocol)),
       "Then the next request came on that connection. For lws the one before is not over, so it takes the next one "
       "for the same again: the client gets the wrong file, or a head and no body."},
      Certainty::kProven,
      "in LWS_CALLBACK_HTTP_FILE_COMPLETION, `return lws_http_transaction_completed(wsi) ? -1 : 0;`, or pass on what "
      "the callback does not handle: `default: return lws_callback_http_dummy(wsi, reason, user, in, len);`"};
}

// A callback ended the connection while lws held what the peer had yet to take; it waits 5 s for that.
std::optional<Symptom> thrown_away(const Case &of) {
  constexpr Ns kFlushedForNs = 4'500'000'000, kTookNothingNs = 500'000'000;
  const Transaction *last = of.last();
  if (of.is_open() || last == nullptr || last->outcome != Outcome::kAborted || !of.clues.cut_short ||
      !of.clues.refused || !of.ended_as(CloseReason::kHandlerClosed) ||
      of.until_ns() < of.clues.refused_ns + kFlushedForNs)
    return std::nullopt;
  const auto &tcp = of.connection.tcp;
  const std::string stuck =
      tcp && tcp->unsent_ns > kTookNothingNs ? fmt::format(", and took nothing for {}", span_text(tcp->unsent_ns)) : "";
  return Symptom{
      Cause::kClosedMidway,
      request_text(last),
      {fmt::format(
           "{}, which makes lws close the connection, while lws still held a part of the response: the peer had "
           "not read so far{}.",
           refusal_text(of.clues), stuck),
       fmt::format(
           "lws then keeps sending for up to 5 s and discards the rest. It gave up {} later: the response is cut off.",
           span_text(of.clues.refused_ns, of.until_ns()))},
      Certainty::kProven,
      "write a large body in pieces of some 64 KiB, one for each LWS_CALLBACK_HTTP_WRITEABLE, and end the response "
      "with `if (lws_http_transaction_completed(wsi)) return -1;`, which waits until all of it is sent; return -1 "
      "alone does not"};
}

// The kernel resets a connection that is closed while what came in lies unread.
std::optional<Symptom> refused_midway(const Case &of) {
  const Transaction *last = of.last();
  const auto &tcp = of.connection.tcp;
  if (of.is_open() || last == nullptr || !last->status || !tcp || tcp->unread_bytes == 0 || tcp->peer_closed_ns ||
      of.connection.close->by == CloseBy::kPeer || !awaits_body(of, *last) || !of.clues.refused ||
      of.clues.refused_ns < last->requested_ns)
    return std::nullopt;
  return Symptom{
      Cause::kRequestRefused,
      fmt::format(": {} before all of its body had come", answered_text(*last)),
      {refusal_text(of.clues) + ", which makes lws close the connection.",
       fmt::format(
           "{} of the body {} unread in the socket then: TCP resets such a connection (RST), and a client that is "
           "still sending gets \"connection reset\" or \"broken pipe\" instead of the answer.",
           count_text(tcp->unread_bytes, "byte"), tcp->unread_bytes == 1 ? "was" : "were")},
      Certainty::kProven,
      "let the body come, throw it away, and answer in LWS_CALLBACK_HTTP_BODY_COMPLETION; or refuse it in "
      "LWS_CALLBACK_HTTP by the request's Content-Length, for clients that wait for '100 Continue' before they send "
      "it"};
}

// What a client makes of it is its own affair, and rarely what was meant.
std::optional<Symptom> odd_header(const Case &of) {
  const Transaction *last = of.last();
  if (last == nullptr || (of.clues.odd_head & (kRedirectToPort | kNotOfHttp2)) == 0) return std::nullopt;
  Symptom symptom{Cause::kErrorStatus, answered_text(*last), {}, Certainty::kProven, {}};
  if ((of.clues.odd_head & kRedirectToPort) != 0) {
    symptom.detail += ", and its Location is no URL,";
    symptom.why.emplace_back(
        "The Location is HOST:PORT without http:// or https:// before it. A client reads what stands before the colon "
        "as the scheme, and does not follow it.");
    symptom.advice =
        "give lws_http_redirect() (or the location header) a whole URL, http://HOST:PORT/PATH or https://..., or a "
        "path that begins with /";
    return symptom;
  }
  symptom.detail += ", with a header that HTTP/2 does not allow,";
  symptom.why.emplace_back(
      "This program added Connection, Keep-Alive or Transfer-Encoding to the head. They belong to HTTP/1.1; clients "
      "drop an HTTP/2 response that has one (PROTOCOL_ERROR, in browsers ERR_HTTP2_PROTOCOL_ERROR).");
  symptom.advice =
      "leave these headers out: lws does what they say by itself, and on HTTP/2 the frames do (to end a connection of "
      "HTTP/1.1 after the response, return -1 after the last byte)";
  return symptom;
}

// A client that follows them comes back for the same path, at once, until it has had enough.
std::optional<Symptom> redirected_in_circle(const Case &of) {
  constexpr size_t kRounds = 4;
  constexpr Ns kComesBackNs = 200'000'000;
  const auto &all = of.connection.transactions;
  const Transaction *last = of.last();
  const auto redirects = [](const Transaction &one) { return one.status.value_or(0) / 100 == 3 && one.status != 304; };
  size_t rounds = 0;
  for (auto one = all.rbegin(); one != all.rend(); ++one, ++rounds) {
    if (!redirects(*one) || one->path != last->path || one->path.empty()) break;
    if (rounds > 0 && (!one->completed_ns || (one - 1)->requested_ns > *one->completed_ns + kComesBackNs)) break;
  }
  if (rounds < kRounds) return std::nullopt;
  return Symptom{
      Cause::kErrorStatus,
      fmt::format("{}, {} times in a row,", answered_text(*last), rounds),
      {"Each time the client came back at once for the same path: the redirect leads back to itself."},
      Certainty::kLikely,
      "see where it leads; lws itself redirects what it cannot find to error_document_404 of the vhost, so check that "
      "this document is there"};
}

// Of a port for HTTP and another protocol, whose server is to speak first: lws looks at what the client sends to see which it is.
std::optional<Symptom> both_wait(const Case &of) {
  constexpr uint64_t kFallback = 1ULL << 20;  // LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG
  constexpr Ns kWaitedNs = 1'000'000'000;
  const auto &options = of.premises.options();
  const auto &tcp = of.connection.tcp;
  const bool is_silent = tcp && tcp->received_bytes <= 1 && tcp->sent_bytes <= 1;  // TCP counts SYN and FIN
  if (!options || (options->options & kFallback) == 0 || !is_silent || of.last() != nullptr || of.connection.session ||
      of.connection.tls || !of.connection.bindings.empty() || of.connection.origin != Origin::kAccepted ||
      of.until_ns() < of.connection.opened_ns + kWaitedNs)
    return std::nullopt;
  Symptom symptom{Cause::kNeverAnswered,
                  {},
                  {fmt::format("Nothing came from the client in {}, and nothing was sent to it.",
                               span_text(of.connection.opened_ns, of.until_ns())),
                   "With LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG lws waits for the first bytes of the "
                   "client, to see "
                   "whether they are HTTP: LWS_CALLBACK_RAW_ADOPT comes only after them, so a server that is to speak "
                   "first cannot. "
                   "A client that waits for it, too, waits in vain; spare connections of browsers look the same."},
                  Certainty::kLikely,
                  "where the server speaks first, give that protocol a port of its own, on a vhost with "
                  "LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG and listen_accept_role \"raw-skt\""};
  symptom.is_note = true;
  return symptom;
}

}  // namespace wsitrace
