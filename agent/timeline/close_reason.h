// SPDX-License-Identifier: MIT
//
// The closed list of reasons why a connection ended, and who ended it. A new reason is added here and nowhere else.
#ifndef WSITRACE_TIMELINE_CLOSE_REASON_H
#define WSITRACE_TIMELINE_CLOSE_REASON_H

namespace wsitrace {

// X(enumerator, name in JSON and metrics)
#define WSITRACE_CLOSE_REASONS(X)                                                               \
  X(kPeerClosed, "peer_closed")             /* the peer closed or reset the socket */           \
  X(kPeerWsClose, "peer_ws_close")          /* the peer sent a websocket close frame */         \
  X(kLocalWsClose, "local_ws_close")        /* this side sent a websocket close frame */        \
  X(kHandlerClosed, "handler_closed")       /* a callback returned non-zero */                  \
  X(kResponseDone, "response_done")         /* Connection: close, or end of an h2 stream */     \
  X(kRefused, "refused")                    /* lws or a filter refused the request */           \
  X(kUpgradeRefused, "upgrade_refused")     /* websocket upgrade refused */                     \
  X(kTlsFailed, "tls_failed")               /* ended before the TLS handshake did */            \
  X(kConnectFailed, "connect_failed")       /* outbound: no connection came about */            \
  X(kHandshakeFailed, "handshake_failed")   /* outbound: connected, but no valid answer */      \
  X(kLeaderFailed, "leader_failed")         /* outbound: queued behind another, which failed */ \
  X(kTimeout, "timeout")                    /* one of lws's timeouts */                         \
  X(kPingTimeout, "ping_timeout")           /* websocket: no pong, no data in time */           \
  X(kStreamReset, "stream_reset")           /* h2: the peer reset the stream */                 \
  X(kParentClosed, "parent_closed")         /* the connection that carried it ended */          \
  X(kContextDestroyed, "context_destroyed") /* lws_context_destroy */                           \
  X(kVhostDestroyed, "vhost_destroyed")     /* lws_vhost_destroy */                             \
  X(kListenerStopped, "listener_stopped")   /* context deprecated: no new connections */        \
  X(kAdoptFailed, "adopt_failed")           /* lws_adopt_* returned NULL */                     \
  X(kUnknown, "unknown")

enum class CloseReason {
#define WSITRACE_REASON(enumerator, name) enumerator,
  WSITRACE_CLOSE_REASONS(WSITRACE_REASON)
#undef WSITRACE_REASON
};

// What the reason rests on.
// X(enumerator, name in JSON)
#define WSITRACE_CLOSE_EVIDENCE(X)                                                                        \
  X(kNone, "none")                      /* nothing: the reason is unknown */                              \
  X(kCloseCall, "close_call")           /* who called lws_close_free_wsi, and what came before */         \
  X(kCallbackResult, "callback_result") /* a callback returned non-zero */                                \
  X(kCloseFrame, "close_frame")         /* a websocket close frame, either way */                         \
  X(kErrorCallback, "error_callback")   /* CLIENT_CONNECTION_ERROR */                                     \
  X(kCallResult, "call_result")         /* the connect or adopt call returned NULL */                     \
  X(kPendingTimeout, "pending_timeout") /* a timeout was set, nothing happened for as long, lws closed */ \
  X(kEvents, "events")                  /* what was seen of it before, and of what surrounds it */        \
  X(kElimination, "elimination")        /* whatever else it could be would have been seen */

enum class CloseEvidence {
#define WSITRACE_EVIDENCE(enumerator, name) enumerator,
  WSITRACE_CLOSE_EVIDENCE(WSITRACE_EVIDENCE)
#undef WSITRACE_EVIDENCE
};

enum class CloseBy { kPeer, kLocal, kLws, kUnknown };

const char *name_of(CloseReason);
const char *name_of(CloseBy);
const char *name_of(CloseEvidence);

}  // namespace wsitrace

#endif
