// SPDX-License-Identifier: MIT
//
// The closed list of reasons why a connection ended, and who ended it. A reason is added as one row; documents and the page follow
// the table (tests/lint/vocabulary.py).
#ifndef WSITRACE_TIMELINE_CLOSE_REASON_H
#define WSITRACE_TIMELINE_CLOSE_REASON_H

#include "agent/timeline/severity.h"

namespace wsitrace {

enum class CloseBy { kPeer, kLocal, kLws, kUnknown };

// X(enumerator, name in JSON and metrics, severity, who usually is behind it, "the connection ended because ...", a sentence)
// clang-format off
#define WSITRACE_CLOSE_REASONS(X) \
  X(kPeerClosed, "peer_closed", kNeutral, kPeer, \
    "the peer closed or reset it", \
    "The peer closed or reset its socket.") \
  X(kPeerWsClose, "peer_ws_close", kNeutral, kPeer, \
    "the peer sent a websocket close frame", \
    "The peer said goodbye with a websocket close frame.") \
  X(kLocalWsClose, "local_ws_close", kNeutral, kLocal, \
    "this side sent a websocket close frame", \
    "This side said goodbye with a websocket close frame.") \
  X(kHandlerClosed, "handler_closed", kNeutral, kLocal, \
    "a callback returned non-zero, or the application killed it by `lws_set_timeout`", \
    "The application asked lws to close it, by a callback's result or by a call.") \
  X(kResponseDone, "response_done", kNeutral, kLws, \
    "the last response was sent or received: `Connection: close`, the end of a stream", \
    "The exchange was over, and with it the connection: nothing was to follow.") \
  X(kRefused, "refused", kBad, kLws, \
    "lws or a filter callback refused connection or request", \
    "What the peer sent was refused, by lws's parser or by a filter of the application.") \
  X(kProtocolError, "protocol_error", kBad, kLws, \
    "lws closed it because of what the peer sent: it broke a rule of the protocol, or asked for more than a limit allows", \
    "lws closed it: what the peer sent broke a rule of the protocol, or asked for more than a limit allows.") \
  X(kUpgradeRefused, "upgrade_refused", kBad, kLws, \
    "the websocket upgrade was not accepted, by either side", \
    "A websocket was asked for and refused.") \
  X(kTlsFailed, "tls_failed", kBad, kUnknown, \
    "the TLS handshake did not succeed", \
    "It ended before its TLS handshake was complete.") \
  X(kConnectFailed, "connect_failed", kBad, kUnknown, \
    "outbound: the connection attempt failed", \
    "No connection came about.") \
  X(kHandshakeFailed, "handshake_failed", kBad, kUnknown, \
    "outbound: connected, but there was no valid answer", \
    "It was connected, but no answer came that lws accepts.") \
  X(kLeaderFailed, "leader_failed", kBad, kLws, \
    "outbound: queued behind another connection to the same server (LCCSCF_PIPELINE, h2), which failed; `detail` names it", \
    "It was queued behind another connection to the same server, which failed.") \
  X(kTimeout, "timeout", kBad, kLws, \
    "one of lws's timeouts; `detail` names it", \
    "One of lws's timeouts ran out.") \
  X(kPingTimeout, "ping_timeout", kBad, kLws, \
    "websocket: no pong and no data in time", \
    "The websocket was silent: neither a pong nor data came in time.") \
  X(kStreamReset, "stream_reset", kOdd, kPeer, \
    "h2: the peer reset the stream", \
    "The peer reset the stream.") \
  X(kParentClosed, "parent_closed", kNeutral, kLws, \
    "the connection that carried it, or its parent, ended", \
    "The connection that carried it ended.") \
  X(kContextDestroyed, "context_destroyed", kNeutral, kLocal, \
    "the program called `lws_context_destroy`", \
    "The program destroyed its lws context.") \
  X(kVhostDestroyed, "vhost_destroyed", kNeutral, kLocal, \
    "the program called `lws_vhost_destroy`", \
    "The program destroyed its vhost.") \
  X(kListenerStopped, "listener_stopped", kNeutral, kLocal, \
    "the context was deprecated: a new lwsws took over", \
    "The program stopped listening (lws_context_deprecate, as lwsws does on a reload).") \
  X(kAdoptFailed, "adopt_failed", kBad, kLws, \
    "`lws_adopt_...` returned NULL", \
    "lws did not adopt the socket: the call returned NULL.") \
  X(kUnknown, "unknown", kBad, kUnknown, \
    "there is no evidence", \
    "Why it ended is unknown.")
// clang-format on

enum class CloseReason {
#define WSITRACE_REASON(enumerator, ...) enumerator,
  WSITRACE_CLOSE_REASONS(WSITRACE_REASON)
#undef WSITRACE_REASON
};

// What the reason rests on.
// X(enumerator, name in JSON, "it rests on ...", a sentence)
// clang-format off
#define WSITRACE_CLOSE_EVIDENCE(X) \
  X(kNone, "none", \
    "nothing: the reason is unknown", \
    "Nothing in the trace tells.") \
  X(kCloseCall, "close_call", \
    "who called `lws_close_free_wsi`, and what was seen before", \
    "That follows from who called lws_close_free_wsi, and from what came before.") \
  X(kCallbackResult, "callback_result", \
    "a callback that returned non-zero", \
    "That follows from a callback that returned non-zero.") \
  X(kCloseFrame, "close_frame", \
    "a close frame, sent or received", \
    "That follows from the close frame that lws told of.") \
  X(kErrorCallback, "error_callback", \
    "`CLIENT_CONNECTION_ERROR` and its message", \
    "That follows from LWS_CALLBACK_CLIENT_CONNECTION_ERROR and its message.") \
  X(kCallResult, "call_result", \
    "a connect or adopt call that returned NULL", \
    "That follows from the call, which returned NULL; lws frees such a wsi without a word.") \
  X(kPendingTimeout, "pending_timeout", \
    "a timeout that was set, and silence for as long", \
    "That follows from a timeout that was set, from silence for as long, and from lws closing it then.") \
  X(kLogLine, "log_line", \
    "a line that lws logged just before", \
    "That follows from what lws logged just before.") \
  X(kEvents, "events", \
    "earlier events of this connection and of related ones", \
    "That follows from what was seen of it before, and of what surrounds it.") \
  X(kElimination, "elimination", \
    "inference: every other cause would have left an event", \
    "That follows by elimination: anything else would have been seen.")
// clang-format on

enum class CloseEvidence {
#define WSITRACE_EVIDENCE(enumerator, ...) enumerator,
  WSITRACE_CLOSE_EVIDENCE(WSITRACE_EVIDENCE)
#undef WSITRACE_EVIDENCE
};

struct CloseReasonRow {
  CloseReason reason;
  const char *name;
  Severity severity;
  CloseBy by;
  const char *meaning;
  const char *sentence;
};
inline constexpr CloseReasonRow kCloseReasons[] = {
#define WSITRACE_REASON(enumerator, name, severity, by, meaning, sentence) \
  {CloseReason::enumerator, name, Severity::severity, CloseBy::by, meaning, sentence},
    WSITRACE_CLOSE_REASONS(WSITRACE_REASON)
#undef WSITRACE_REASON
};

struct CloseEvidenceRow {
  const char *name;
  const char *meaning;
  const char *sentence;
};
inline constexpr CloseEvidenceRow kCloseEvidence[] = {
#define WSITRACE_EVIDENCE(enumerator, name, meaning, sentence) {name, meaning, sentence},
    WSITRACE_CLOSE_EVIDENCE(WSITRACE_EVIDENCE)
#undef WSITRACE_EVIDENCE
};

constexpr const CloseReasonRow &row_of(CloseReason reason) { return kCloseReasons[static_cast<unsigned>(reason)]; }
constexpr const CloseEvidenceRow &row_of(CloseEvidence evidence) {
  return kCloseEvidence[static_cast<unsigned>(evidence)];
}
constexpr const char *name_of(CloseReason reason) { return row_of(reason).name; }
constexpr const char *name_of(CloseEvidence evidence) { return row_of(evidence).name; }
constexpr Severity severity_of(CloseReason reason) { return row_of(reason).severity; }
const char *name_of(CloseBy);

}  // namespace wsitrace

#endif
