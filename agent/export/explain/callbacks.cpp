// SPDX-License-Identifier: MIT
#include "agent/export/explain/callbacks.h"

#include <fmt/format.h>

#include "agent/lws/callbacks.h"
#include "wsitrace/event.h"

namespace wsitrace {
std::string callback_name(int reason) {
  const char *name = reason < k_gap ? kind_name(static_cast<unsigned>(reason)) : nullptr;
  return name != nullptr ? std::string("LWS_CALLBACK_") + name : fmt::format("callback {}", reason);
}

std::string timeout_purpose(int reason) {
  switch (reason) {
    case 2: return "for the answer of the host it connected to (PENDING_TIMEOUT_AWAITING_CONNECT_RESPONSE)";
    case kTimeoutEstablish: return "for the first request (PENDING_TIMEOUT_ESTABLISH_WITH_SERVER)";
    case 4: return "for the server's answer (PENDING_TIMEOUT_AWAITING_SERVER_RESPONSE)";
    case 5: return "for a ping (PENDING_TIMEOUT_AWAITING_PING)";
    case kTimeoutCloseAck: return "for the peer's answer to the close frame (PENDING_TIMEOUT_CLOSE_ACK)";
    case 8: return "for the answer to its handshake (PENDING_TIMEOUT_SENT_CLIENT_HANDSHAKE)";
    case kTimeoutSslAccept: return "for the end of the TLS handshake (PENDING_TIMEOUT_SSL_ACCEPT)";
    case kTimeoutHttpContent: return "for content to come or go (PENDING_TIMEOUT_HTTP_CONTENT)";
    case 11: return "for the client's handshake to be sent (PENDING_TIMEOUT_AWAITING_CLIENT_HS_SEND)";
    case 12: return "for what was left to send (PENDING_FLUSH_STORED_SEND_BEFORE_CLOSE)";
    case 13: return "for the socket's shutdown (PENDING_TIMEOUT_SHUTDOWN_FLUSH)";
    case 14: return "for the CGI (PENDING_TIMEOUT_CGI)";
    case kTimeoutKeepaliveIdle:
      return "for the next request of a keep-alive connection (PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE)";
    case 16: return "before it sends a ping (PENDING_TIMEOUT_WS_PONG_CHECK_SEND_PING)";
    case 17: return "for a pong (PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG)";
    case 18: return "for the body of its request (PENDING_TIMEOUT_CLIENT_ISSUE_PAYLOAD)";
    case 24: return "for the close frame to be sent (PENDING_TIMEOUT_CLOSE_SEND)";
    case 25: return "for the headers to be complete (PENDING_TIMEOUT_HOLDING_AH)";
    case 26: return "for a datagram (PENDING_TIMEOUT_UDP_IDLE)";
    case 27: return "for the next use of an idle outbound connection (PENDING_TIMEOUT_CLIENT_CONN_IDLE)";
    case 28: return "for a peer that lags (PENDING_TIMEOUT_LAGGING)";
    case 29:
    case 30: return "for a worker of the thread pool (PENDING_TIMEOUT_THREADPOOL)";
    default: return reason >= 1000 ? fmt::format("of the application's own (reason {})", reason) : std::string();
  }
}

}  // namespace wsitrace
