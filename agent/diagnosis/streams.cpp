// SPDX-License-Identifier: MIT
//
// HTTP/2 as a client: streams that the server resets, and a connection that lws does not begin with.
#include <fmt/format.h>

#include "agent/diagnosis/outbound_rules.h"
#include "agent/text/spans.h"

namespace wsitrace {

void tell_of_websocket(Symptom &symptom, const Case &of) {
  if (!of.connection.wanted.is_websocket) return;
  const bool is_known_before = (of.connection.wanted.odd & kAskedHttp2) != 0;
  symptom.why.push_back(
      fmt::format("A websocket was asked for on HTTP/2, {}; most servers take websockets on HTTP/1.1 only.",
                  is_known_before ? "because of LCCSCF_H2_PRIOR_KNOWLEDGE"
                                  : "which `alpn` of the connect info let the server choose"));
  symptom.advice = is_known_before ? "leave LCCSCF_H2_PRIOR_KNOWLEDGE out for a websocket"
                                   : "set `alpn` of the connect info to \"http/1.1\" for a websocket";
}

// lws 4 marks the stream as closed and tells nobody.
std::optional<Symptom> stream_reset(const Case &of) {
  const Transaction *last = of.last();
  const auto &reset = of.connection.reset;
  if (!reset || last == nullptr || (last->outcome != Outcome::kOpen && last->outcome != Outcome::kAborted))
    return std::nullopt;
  const Http2ErrorText error = http2_error_text(reset->error);
  Symptom symptom{last->responded_ns ? Cause::kServerLeftInAnswer : Cause::kServerLeftBeforeAnswer,
                  request_text(last),
                  {fmt::format("The server reset the stream (RST_STREAM) {} after the request: {}.",
                               span_text(last->requested_ns, reset->at_ns), error.text)},
                  Certainty::kProven,
                  *error.advice != '\0' ? error.advice : "see the server's log"};
  if (of.is_open() || of.ended_as(CloseReason::kContextDestroyed) || of.ended_as(CloseReason::kTimeout))
    symptom.why.push_back(fmt::format("No callback reported that: lws kept the stream for another {}, {}.",
                                      span_text(reset->at_ns, of.until_ns()),
                                      of.is_open() ? "up to the end of the log" : "until something else ended it"));
  tell_of_websocket(symptom, of);
  return symptom;
}

std::optional<Symptom> settings_empty(const Case &of) {
  const bool has_waited =
      of.ended_as(CloseReason::kPeerClosed) || of.until_ns() >= of.connection.opened_ns + kLongWaitNs;
  if (!of.connection.settings_empty || of.connection.streams > 0 || of.last() != nullptr || !has_waited)
    return std::nullopt;
  return Symptom{
      Cause::kAnswerRefused,
      "its SETTINGS frame of HTTP/2 has no setting in it",
      {fmt::format("The server began with an empty SETTINGS frame, which HTTP/2 allows. lws waited for one with a "
                   "setting before it sent its request, and had sent none {} after it was connected.",
                   span_text(of.connection.connected_ns.value_or(of.connection.opened_ns), of.until_ns())),
       "No callback reports that."},
      Certainty::kLikely,
      "have the server announce a setting, such as SETTINGS_MAX_CONCURRENT_STREAMS; or do without HTTP/2: leave "
      "LCCSCF_H2_PRIOR_KNOWLEDGE out, or set `alpn` of the connect info to \"http/1.1\""};
}

}  // namespace wsitrace
