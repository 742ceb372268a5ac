// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <iterator>

#include "agent/diagnosis/rules.h"
#include "agent/lws/close_texts.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

// RFC 9113, section 7: what the one who sends it means, and what the other may do about it.
struct Http2Error {
  const char *name;
  const char *meaning;
  const char *advice;
};
constexpr Http2Error kHttp2Errors[] = {
    {"NO_ERROR", "", ""},
    {"PROTOCOL_ERROR", "what this side sent broke a rule of HTTP/2",
     "see which headers this program adds: on HTTP/2 their names are lower case, and Connection, Upgrade and "
     "Transfer-Encoding are not allowed"},
    {"INTERNAL_ERROR", "something went wrong there", "see the peer's log"},
    {"FLOW_CONTROL_ERROR", "this side sent more than it had allowed",
     "write only in the WRITEABLE callback, and at most lws_get_peer_write_allowance(wsi) bytes at a time"},
    {"SETTINGS_TIMEOUT", "this side did not acknowledge its settings in time", "see whether the event loop runs"},
    {"STREAM_CLOSED", "this side wrote to a stream that was over", "write nothing after LWS_WRITE_HTTP_FINAL"},
    {"FRAME_SIZE_ERROR", "a frame was larger than it takes",
     "write at most 16,384 bytes with each lws_write() on HTTP/2: lws makes one frame of a call, and that is the size "
     "that every peer takes (SETTINGS_MAX_FRAME_SIZE)"},
    {"REFUSED_STREAM", "it did not take the stream", "ask again"},
    {"CANCEL", "it did not want the stream any more", ""},
    {"COMPRESSION_ERROR", "it could not decode the headers that this side sent", "see which headers this program adds"},
    {"CONNECT_ERROR", "the connection behind a CONNECT failed", ""},
    {"ENHANCE_YOUR_CALM", "this side asked too much of it", "send fewer requests, pings and resets"},
    {"INADEQUATE_SECURITY", "the TLS version or cipher is too weak for HTTP/2 there",
     "see ssl_cipher_list of the vhost, or leave HTTP/2 out with `alpn` = \"http/1.1\""},
    {"HTTP_1_1_REQUIRED", "it wants HTTP/1.1", "leave HTTP/2 out with `alpn` = \"http/1.1\""},
};

const Http2Error *http2_error(unsigned code) { return code < std::size(kHttp2Errors) ? &kHttp2Errors[code] : nullptr; }

const char *name_of_h2_error(unsigned code) {
  const Http2Error *known = http2_error(code);
  return known != nullptr ? known->name : "an error";
}

std::string wrong_text(const Close &close, const CloseText *broken) {
  if (close.said == Said::kGoaway)
    return fmt::format("what the peer sent broke a rule of HTTP/2 ({}: {})", name_of_h2_error(close.said_number),
                       close.said_text);
  if (close.said == Said::kTooManyStreams)
    return fmt::format(
        "the peer opened more than the {} HTTP/2 streams at a time that SETTINGS_MAX_CONCURRENT_STREAMS of this side "
        "allows",
        close.said_number);
  if (close.said != Said::kNothing && row_of(close.said).wrong != nullptr) return row_of(close.said).wrong;
  if (broken != nullptr) return broken->wrong;
  switch (close.ws_code.value_or(0)) {
    case 1002: return "the peer sent a websocket frame that RFC 6455 does not allow";
    case 1003: return "the peer sent a kind of websocket message that this side does not take";
    case 1007: return row_of(Said::kNotUtf8).wrong;
    case 1009: return "the peer sent a websocket message that is larger than this side takes";
    default:
      return close.ws_code ? "of what the peer sent on the websocket"
                           : "what the peer sent is no HTTP/2 that lws accepts";
  }
}

// A pong repeats the payload of its ping.
bool may_be_own_ping(const Close &close) { return close.said == Said::kControlFrameTooLong; }

// How it is known that it was lws, and neither the peer nor a callback.
std::vector<std::string> evidence(const Case &of) {
  const Close &close = *of.connection.close;
  std::vector<std::string> why;
  if (close.said != Said::kNothing) why.emplace_back("lws logged that just before it closed the connection.");
  if (close.ws_code)
    why.push_back(fmt::format("lws itself sent close frame {}: no callback had asked for it.", *close.ws_code));
  if (may_be_own_ping(close))
    why.emplace_back(
        "A pong repeats the payload of its ping (RFC 6455 5.5.3), and lws_write() sends a ping of any length: where "
        "this program pings with more than 125 bytes, the peer's pong is as long.");
  const auto &tcp = of.connection.tcp;
  if (tcp && tcp->peer_was_there) why.emplace_back("The peer had not closed its socket when lws closed it.");
  if (close.said == Said::kTooManyStreams)
    why.push_back(fmt::format("lws closes the whole connection then, and with it the {} streams that were in work.",
                              close.said_number));
  else if (of.connection.role == Role::kH2 && close.said == Said::kNothing)
    why.emplace_back(
        "lws answers such input with GOAWAY; its error code is not recorded: this build of lws logs no such line.");
  return why;
}

const char *advice_on(const Close &close, const CloseText *broken) {
  if (may_be_own_ping(close))
    return "keep what this program sends with LWS_WRITE_PING to 125 bytes at most; if it sends no pings of its own, "
           "fix the peer (RFC 6455 5.5)";
  if (close.said != Said::kNothing) return row_of(close.said).advice;
  if (broken != nullptr) return broken->advice;
  if (close.ws_code == 1007) return row_of(Said::kNotUtf8).advice;
  return "see what the peer sends";
}

}  // namespace

Http2ErrorText http2_error_text(unsigned code) {
  const Http2Error *known = http2_error(code);
  if (known == nullptr) return {fmt::format("error {}", code), ""};
  return {*known->meaning != '\0' ? fmt::format("{} ({})", known->meaning, known->name) : known->name, known->advice};
}

std::optional<Symptom> refusal_symptom(const Case &of) {
  if (!of.ended_as(CloseReason::kProtocolError)) return std::nullopt;
  const Close &close = *of.connection.close;
  const CloseText *broken = close_text_of(of.clues.close_text);  // the rule
  return Symptom{Cause::kProtocolError, wrong_text(close, broken), evidence(of), Certainty::kProven,
                 advice_on(close, broken)};
}

std::optional<Symptom> goaway_symptom(const Case &of) {
  const auto &close = of.connection.close;
  if (of.is_open() || !close || close->said != Said::kGoawayFromPeer || close->said_number == 0) return std::nullopt;
  const Http2ErrorText error = http2_error_text(close->said_number);
  return Symptom{Cause::kPeerGaveUp,
                 error.text,
                 {fmt::format("lws logged GOAWAY with error code {} of the peer, and closed the connection with all of "
                              "its streams.",
                              close->said_number)},
                 Certainty::kProven,
                 *error.advice != '\0' ? error.advice : "see the peer's log"};
}

std::optional<Symptom> foreign_wake_symptom(const Case &of) {
  const Ns waited_ns = of.clues.foreign_wake_ns;
  if (waited_ns == 0) return std::nullopt;
  Symptom symptom{Cause::kForeignWake, span_text(0, waited_ns), {}, Certainty::kProven, {}};
  symptom.why.emplace_back(
      "lws_callback_on_writable() only marks the connection: it does not wake a loop that waits on another thread.");
  symptom.why.emplace_back(of.clues.foreign_wake_unanswered
                               ? "The callback never came: the connection was destroyed after that time."
                               : "The callback came when something else woke the loop.");
  return symptom;
}

}  // namespace wsitrace
