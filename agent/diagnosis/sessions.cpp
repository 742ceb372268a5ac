// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "agent/diagnosis/rules.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr Ns kSoonNs = 50'000'000;

// lws_close_reason() stores a code for the close frame of a callback that returns non-zero: without that nothing is closed.
std::optional<Symptom> close_code_unused(const Case &of) {
  const Clues &clues = of.clues;
  if (!of.connection.session || !clues.close_code_ns) return std::nullopt;
  if (clues.refused && clues.refused_ns >= *clues.close_code_ns) return std::nullopt;
  const Ns until_ns = clues.peer_close_ns.value_or(clues.caller_ns.value_or(of.until_ns()));
  const bool is_torn_down = of.ended_as(CloseReason::kContextDestroyed);
  if (until_ns < *clues.close_code_ns + kSoonNs && !is_torn_down) return std::nullopt;
  Symptom symptom{Cause::kCloseCodeUnused,
                  {},
                  {},
                  Certainty::kProven,
                  "return -1 after lws_close_reason(), from a callback of the same session: to end another one, call "
                  "lws_callback_on_writable() for it, and do both in its WRITEABLE callback"};
  const auto peer_code = of.connection.session->peer_code;
  if (clues.peer_close_ns)
    symptom.detail = fmt::format(", the peer did, with close frame {}", peer_code.value_or(1005));
  else if (of.connection.close && of.connection.close->by == CloseBy::kPeer)
    symptom.detail = ", the peer did, without a close frame";
  const std::string called =
      fmt::format("lws_close_reason({}) was called at {}; it only stores a code until a callback returns non-zero. ",
                  *clues.close_code, time_text(*clues.close_code_ns, of.log.started_ns));
  if (is_torn_down) {
    symptom.why.push_back(called + fmt::format("None did, and {} later the program destroyed its lws context, which "
                                               "sends no close frame: the peer sees 1006.",
                                               span_text(*clues.close_code_ns, until_ns)));
    symptom.advice =
        "before lws_context_destroy(), call lws_callback_on_writable() for each session, call lws_close_reason() and "
        "return -1 in its WRITEABLE callback, and let the loop run until the sessions have closed";
    return symptom;
  }
  symptom.why.push_back(called + fmt::format("The callback returned 0, no close frame was sent, and the session went "
                                             "on for {}.",
                                             span_text(*clues.close_code_ns, until_ns)));
  return symptom;
}

// Since its handshake. A ping goes out a second or more before lws hangs up.
bool has_sent_nothing(const Case &of) {
  constexpr Ns kAboutNs = 100'000'000;
  const auto &tcp = of.connection.tcp;
  return tcp && tcp->unsent_bytes == 0 &&
         of.until_ns() <= of.connection.session->established_ns + tcp->unsent_ns + kAboutNs;
}

std::optional<Symptom> ping_timeout(const Case &of) {
  if (!of.ended_as(CloseReason::kPingTimeout)) return std::nullopt;
  const bool inferred = of.connection.close->evidence == CloseEvidence::kElimination;
  const auto &tcp = of.connection.tcp;
  if (tcp && tcp->unread_bytes > 0)
    return Symptom{
        Cause::kNotRead,
        span_text(tcp->unread_ns),
        {fmt::format(
            "lws ended the session because no pong came, and {} from the peer {} unread in the socket: the pong may be "
            "among them.",
            count_text(tcp->unread_bytes, "byte"), tcp->unread_bytes == 1 ? "was" : "were")},
        Certainty::kLikely,
        {}};
  Symptom symptom{Cause::kPingTimeout, {}, {}, inferred ? Certainty::kLikely : Certainty::kProven, {}};
  symptom.why.push_back(
      fmt::format("The session was {} old; lws ends one that neither a pong nor data validated for "
                  "secs_since_valid_hangup{}.",
                  span_text(of.connection.session->established_ns, of.until_ns()),
                  inferred ? ", and no other cause of its end was seen" : ""));
  if (!has_sent_nothing(of)) return symptom;
  symptom.cause = Cause::kTimeout;
  symptom.detail = "it was idle, and lws hung up before it sent a ping";
  symptom.why.push_back(fmt::format("Nothing was sent in its last {}, so no ping was either: nobody could answer one.",
                                    span_text(0, tcp->unsent_ns)));
  symptom.advice =
      "set secs_since_valid_hangup of the retry policy some seconds higher than secs_since_valid_ping: lws sends a "
      "ping "
      "after the one, and hangs up after the other";
  return symptom;
}

const char *code_text(int code) {
  switch (code) {
    case 1002: return "a protocol error";
    case 1003: return "data of a kind that is not accepted";
    case 1007: return "data that does not fit its type, such as text that is not UTF-8";
    case 1008: return "against the sender's policy";
    case 1009: return "a message that was too big";
    case 1010: return "an extension that was missing";
    case 1011: return "an unexpected condition in the sender";
    default: return code >= 4000 && code <= 4999 ? "private to the application" : nullptr;
  }
}

// What this program may have sent, that the peer does not take.
const char *advice_on_code(int code) {
  switch (code) {
    case 1002:
      return "see how this program writes: a message begins with LWS_WRITE_TEXT or LWS_WRITE_BINARY, its further parts "
             "are LWS_WRITE_CONTINUATION, and all but the last have LWS_WRITE_NO_FIN; the buffer has LWS_PRE bytes "
             "before the data";
    case 1003: return "send what the peer takes: text (LWS_WRITE_TEXT) or binary messages (LWS_WRITE_BINARY)";
    case 1007: return "send as text only what is UTF-8 to its last byte, and everything else with LWS_WRITE_BINARY";
    case 1009: return "send smaller messages, or raise the limit of the peer";
    default: return "see the peer's log: it knows why it closed";
  }
}

// RFC 6455 7.4; 1012 to 1014 are registered.
bool may_be_sent(int code) {
  const bool is_reserved = code >= 1004 && code <= 1006;
  return (code >= 1000 && code <= 1014 && !is_reserved) || (code >= 3000 && code <= 4999);
}

// lws_close_reason() takes any code, and puts it into the frame.
Symptom code_not_allowed(const Case &of, int code) {
  const bool is_reserved = (code >= 1004 && code <= 1006) || code == 1015;
  Symptom symptom{
      Cause::kCloseCode,
      fmt::format("{} (which no close frame may carry) from this side", code),
      {fmt::format(
          "This program called lws_close_reason({}), and lws sent that code in its close frame. {}: peers take "
          "the frame for a protocol error, and answer with 1002.",
          code,
          is_reserved ? "RFC 6455 7.4 reserves 1004, 1005, 1006 and 1015 for what a side reports to its own "
                        "program when no such frame came"
                      : "By RFC 6455 7.4 only 1000 to 1014 and 3000 to 4999 are codes to send")},
      Certainty::kProven,
      "give lws_close_reason() another code: 1000 (done), 1001 (going away), 1008 (against the policy), 1011 (an error "
      "here), or one of your own from 4000 to 4999"};
  if (of.clues.refused) symptom.why.push_back("It went out when " + refusal_text(of.clues) + ".");
  return symptom;
}

// What was written as a part of an HTTP response goes out as it is.
bool tell_of_unframed(Symptom &symptom, const Case &of) {
  constexpr Ns kTickNs = 10'000'000;  // of the clock that times it
  const auto &part = of.clues.part;
  if (!part || part->written_ns.value_or(0) + kTickNs <= of.connection.session->established_ns) return false;
  symptom.why.emplace_back(
      "This program wrote into the session with LWS_WRITE_HTTP: lws sends that without a websocket frame around it, "
      "and "
      "the peer takes its first bytes for the head of a frame (browsers say 'Invalid frame header', or 'reserved bits "
      "are on').");
  symptom.advice =
      "write with LWS_WRITE_TEXT or LWS_WRITE_BINARY in a websocket session; LWS_WRITE_HTTP is for the bodies of HTTP "
      "responses";
  return true;
}

// A code that does not merely say goodbye.
std::optional<Symptom> close_code(const Case &of) {
  if (of.is_open() || !of.connection.close || !of.connection.close->ws_code) return std::nullopt;
  const int code = *of.connection.close->ws_code;
  if (of.ended_as(CloseReason::kLocalWsClose) && !may_be_sent(code)) return code_not_allowed(of, code);
  const char *meaning = code_text(code);
  if (meaning == nullptr) return std::nullopt;
  const bool from_peer = of.connection.close->by == CloseBy::kPeer;
  Symptom symptom{
      Cause::kCloseCode,
      fmt::format("{} ({}) from {}", code, meaning, from_peer ? "the peer" : "this side"),
      {from_peer ? "LWS_CALLBACK_WS_PEER_INITIATED_CLOSE brought the code."
       : of.clues.refused
           ? fmt::format("This program called lws_close_reason({}), and {}: lws sent the code in its close frame.",
                         code, refusal_text(of.clues))
           : std::string("lws sent the code in its close frame.")},
      Certainty::kProven,
      from_peer ? advice_on_code(code) : ""};
  if (from_peer && code == 1008 && of.connection.origin == Origin::kOutbound)
    symptom.advice =
        "see the peer's log: it knows why it closed; servers do so where a login or a first message does not please, "
        "or "
        "does not come in time (CLIENT_WRITEABLE comes only after lws_callback_on_writable())";
  if (from_peer && code == 1007 && of.connection.origin == Origin::kOutbound) {
    symptom.why.emplace_back(
        "This program is the client here: lws_write() masks what it sends where it lies (RFC 6455 5.3), so that the "
        "buffer no longer holds the text when the call returns.");
    symptom.advice =
        "fill the buffer anew before each lws_write(): what is written a second time is the masked text of the first; "
        "otherwise send as text only what is UTF-8 to its last byte, and everything else with LWS_WRITE_BINARY";
  }
  if (from_peer && code == 1002 && !tell_of_unframed(symptom, of))
    symptom.why.emplace_back(
        "lws tells 1002, too, where the peer's own code is one that it does not allow: below 1000, 1004 to 1006, and "
        "1012 "
        "to 2999, such as 1012 (service restart) and 1013 (try again later).");
  return symptom;
}

}  // namespace

// What browsers call 1006.
std::optional<Symptom> no_close_frame(const Case &of) {
  const auto &close = of.connection.close;
  if (of.is_open() || !of.ended_as(CloseReason::kPeerClosed) || close->ws_code || of.clues.peer_close_ns)
    return std::nullopt;
  const auto &tcp = of.connection.tcp;
  const char *how = !tcp                  ? "closed"
                    : tcp->was_reset      ? "reset the connection (RST)"
                    : tcp->peer_closed_ns ? "closed its side (FIN)"
                                          : "closed";
  Symptom symptom{Cause::kNoCloseFrame,
                  how,
                  {fmt::format("No LWS_CALLBACK_WS_PEER_INITIATED_CLOSE came; the session had lasted {}.",
                               span_text(of.connection.session->established_ns, of.until_ns()))},
                  Certainty::kProven,
                  {}};
  constexpr Ns kIdleNs = 1'000'000'000;
  if (tell_of_unframed(symptom, of)) return symptom;
  if (tcp && tcp->unsent_bytes == 0 && tcp->unsent_ns >= kIdleNs) {
    symptom.why.push_back(fmt::format("This program had sent nothing for {} by then.", span_text(0, tcp->unsent_ns)));
    symptom.advice =
        "see the peer's log; proxies and servers cut sessions that are idle: let lws send pings more often than they "
        "do (secs_since_valid_ping of retry_and_idle_policy); a browser calls this close code 1006";
  }
  return symptom;
}

std::optional<Symptom> session_symptom(const Case &of) {
  if (!of.connection.session) return std::nullopt;
  if (auto symptom = close_code_unused(of)) return symptom;
  if (auto symptom = ping_timeout(of)) return symptom;
  if (of.connection.origin == Origin::kOutbound)
    if (auto symptom = timed_out(of)) return symptom;
  for (const CaseRule rule : {close_unanswered, vhost_gone, peer_not_reading})
    if (auto symptom = rule(of)) return symptom;
  if (auto symptom = close_code(of)) return symptom;
  if (auto symptom = ended_by_callback(of)) return symptom;
  return no_close_frame(of);
}

}  // namespace wsitrace
