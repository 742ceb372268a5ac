// SPDX-License-Identifier: MIT
//
// The rules: pure functions from what is known of one connection to what went wrong with it, or nothing. The first that answers counts.
#ifndef WSITRACE_DIAGNOSIS_RULES_H
#define WSITRACE_DIAGNOSIS_RULES_H

#include <optional>

#include "agent/diagnosis/clues.h"
#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/premises.h"
#include "agent/diagnosis/subject.h"

namespace wsitrace {

// One connection: closed, or open at the end of the log.
struct Case {
  const Connection &connection;
  const Clues &clues;
  const LogFacts &log;
  const Premises &premises;

  [[nodiscard]] bool is_open() const { return connection.state != State::kClosed; }
  [[nodiscard]] bool ended_as(CloseReason reason) const {
    return connection.close && connection.close->reason == reason;
  }
  [[nodiscard]] const Transaction *last() const {
    return connection.transactions.empty() ? nullptr : &connection.transactions.back();
  }
  // To the end of the connection, or of the log.
  [[nodiscard]] Ns until_ns() const { return connection.closed_ns.value_or(log.last_ns); }
};

using CaseRule = std::optional<Symptom> (*)(const Case &);

std::optional<Symptom> outbound_symptom(const Case &);  // outbound.cpp: of connections that this program made
std::optional<Symptom> inbound_symptom(const Case &);   // inbound.cpp: of what it accepted or adopted, and of streams
std::optional<Symptom> session_symptom(const Case &);   // sessions.cpp: of websocket sessions, either way

// responses.cpp
std::optional<Symptom> owes_response(const Case &);
std::optional<Symptom> forgot_completion(const Case &);
std::optional<Symptom> gave_up(const Case &);
std::optional<Symptom> answered_twice(const Case &);
std::optional<Symptom> not_read(const Case &);
std::optional<Symptom> lost_with_carrier(const Case &);
std::optional<Symptom> left_midway(const Case &);
std::optional<Symptom> continue_not_sent(const Case &);
// A handler owes a response, or the rest of one, and has for long.
bool is_owed(const Case &);
// Why the body of the last request is not there, and the end of it was not told.
std::string missing_body_text(const Case &);
inline constexpr const char *kContinueAdvice =
    "send it in LWS_CALLBACK_HTTP, where lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_EXPECT) is not 0 (lws_write() of "
    "\"HTTP/1.1 100 Continue\\r\\n\\r\\n\" with LWS_WRITE_HTTP_HEADERS), or let the client do without (curl -H "
    "'Expect:')";
// The handler was told of the request, and not yet that its body is complete.
bool awaits_body(const Case &, const Transaction &);
// What waits for the peer's window: HTTP/2 lets nobody send more than the peer has allowed.
bool is_at_window(const Case &, const ResponsePart &);
// The peer had closed before this side did.
bool peer_was_first(const Case &);

// server.cpp
std::optional<Symptom> descriptor_gone(const Case &);
std::optional<Symptom> vhost_gone(const Case &);
// One that was asked for something when its vhost was destroyed.
std::optional<Symptom> vhost_taken_away(const Case &, const Transaction &);
std::optional<Symptom> thread_not_run(const Case &);
std::optional<Symptom> request_not_read(const Case &);
// An event loop of the program turned well after what happened AGO_NS before the end: were it its own, it had seen to that.
bool loop_turned_since(const Case &, Ns ago_ns);
std::optional<Symptom> wrong_length(const Case &);
std::optional<Symptom> header_pool_used_up(const Case &);
std::optional<Symptom> peer_not_reading(const Case &);
std::optional<Symptom> close_unanswered(const Case &);
std::optional<Symptom> ended_by_callback(const Case &);
std::optional<Symptom> error_status(const Case &);

// web_answers.cpp
std::optional<Symptom> stream_not_ended(const Case &);
std::optional<Symptom> file_not_completed(const Case &);
std::optional<Symptom> thrown_away(const Case &);
std::optional<Symptom> refused_midway(const Case &);
std::optional<Symptom> odd_header(const Case &);
std::optional<Symptom> redirected_in_circle(const Case &);
std::optional<Symptom> both_wait(const Case &);

// served.cpp
std::optional<Symptom> upgrade_lost(const Case &);
std::optional<Symptom> response_without_end(const Case &);
std::optional<Symptom> completion_ignored(const Case &);
// session_symptom(), or that nobody of the application hears of the session.
std::optional<Symptom> session_symptom_heard(const Case &, const Timeline &);
// Whether the callback at ADDRESS is part of libwebsockets.
bool is_of_lws(const Timeline &, uint64_t address);
// Why the mounts of the vhost lead nowhere from the path of the request: adds to SYMPTOM, of cause not_found.
void tell_of_mounts(Symptom &, const Case &, const Transaction &);
// upgrades.cpp: all add to SYMPTOM; which names the vhost has, where the client offers none of them
void tell_of_protocols(Symptom &, const Case &);
// that the vhost has others of its name beside it on the port; false: it has none
bool tell_of_namesakes(Symptom &, const Case &);
// which vhosts share its port, and with it TLS
void tell_of_plain_vhosts(Symptom &, const Case &);
// that none of its protocols is the program's
void tell_of_no_protocols(Symptom &, const Case &, const Timeline &);
// that the request is socket.io's, where it is
void tell_of_socket_io(Symptom &, const Transaction &request);
// asked.cpp: by the callback of this program that lws asks about certificates; AFTER: when, or empty
Symptom certificate_refused(const Case &, const std::string &after);
// asked.cpp: where the first protocol gets the callbacks; PROTOCOLS: how many are known, of all vhosts
std::optional<Symptom> protocol_unknown(const Case &, size_t protocols);

// "LWS_CALLBACK_HTTP of protocol 'http' returned non-zero".
std::string refusal_text(const Clues &);
// deadlines.cpp
std::optional<Symptom> timed_out(const Case &);
// " of 20 s for content to come or go (PENDING_TIMEOUT_HTTP_CONTENT; timeout_secs of the context sets it)"; empty: unknown.
std::string timeout_text(const Case &);
// Same, of an outbound connection: "lws's timeout of 20 s ...", or "a timeout of 1 s that this program had set, ...,".
std::string fired_text(const Case &);
std::optional<Symptom> refusal_symptom(const Case &);  // refusals.cpp: of what lws itself refused
std::optional<Symptom> goaway_symptom(const Case &);   // refusals.cpp: of what the peer refused, by HTTP/2
// refusals.cpp: an error code of RFC 9113, 7, "it did not take the stream (REFUSED_STREAM)", and what to do, or nothing
struct Http2ErrorText {
  std::string text;
  const char *advice;
};
Http2ErrorText http2_error_text(unsigned code);
std::optional<Symptom> foreign_wake_symptom(const Case &);  // refusals.cpp: of calls on another thread

inline constexpr const char *kKillAdvice =
    "use LWS_TO_KILL_ASYNC, or return -1 from the callback: LWS_TO_KILL_SYNC is only for another connection than the "
    "one "
    "whose callback runs";
// Of a socket that the application adopted.
inline constexpr const char *kReadBefore =
    "This program had adopted the socket: what it had read from it before, lws has not seen.";
inline constexpr const char *kReadBeforeAdvice =
    "hand over what was read before the adoption: lws_adopt_socket_readbuf() or lws_adopt_socket_vhost_readbuf(), or "
    "look at it with MSG_PEEK only";

// "GET /first", or "its request".
std::string request_text(const Transaction *transaction);
// The last callback that was recorded: "LWS_CALLBACK_HTTP of protocol 'http'", or "none".
std::string in_charge_text(const Connection &connection);

}  // namespace wsitrace

#endif
