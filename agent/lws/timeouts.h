// SPDX-License-Identifier: MIT
//
// The pending timeouts of libwebsockets: what it waits for when it closes a connection because its time is up.
//
// Source: enum pending_timeout of <libwebsockets.h>; the numbers are the same from 4.1.6 to 5.0.
#ifndef WSITRACE_LWS_TIMEOUTS_H
#define WSITRACE_LWS_TIMEOUTS_H

namespace wsitrace {

// X(name, number, what it waits for). The last ends "lws had set a timeout of N seconds ..."; nullptr: there is nothing to say.
// clang-format off
#define WSITRACE_PENDING_TIMEOUTS(X) \
  X(AWAITING_PROXY_RESPONSE,        1,  nullptr) \
  X(AWAITING_CONNECT_RESPONSE,      2,  "for the answer of the host it connected to") \
  X(ESTABLISH_WITH_SERVER,          3,  "for the first request") \
  X(AWAITING_SERVER_RESPONSE,       4,  "for the server's answer") \
  X(AWAITING_PING,                  5,  "for a ping") \
  X(CLOSE_ACK,                      6,  "for the peer's answer to the close frame") \
  X(SENT_CLIENT_HANDSHAKE,          8,  "for the answer to its handshake") \
  X(SSL_ACCEPT,                     9,  "for the end of the TLS handshake") \
  X(HTTP_CONTENT,                   10, "for content to come or go") \
  X(AWAITING_CLIENT_HS_SEND,        11, "for the client's handshake to be sent") \
  X(FLUSH_STORED_SEND_BEFORE_CLOSE, 12, "for what was left to send") \
  X(SHUTDOWN_FLUSH,                 13, "for the socket's shutdown") \
  X(CGI,                            14, "for the CGI") \
  X(HTTP_KEEPALIVE_IDLE,            15, "for the next request of a keep-alive connection") \
  X(WS_PONG_CHECK_SEND_PING,        16, "before it sends a ping") \
  X(WS_PONG_CHECK_GET_PONG,         17, "for a pong") \
  X(CLIENT_ISSUE_PAYLOAD,           18, "for the body of its request") \
  X(AWAITING_SOCKS_GREETING_REPLY,  19, nullptr) \
  X(AWAITING_SOCKS_CONNECT_REPLY,   20, nullptr) \
  X(AWAITING_SOCKS_AUTH_REPLY,      21, nullptr) \
  X(KILLED_BY_SSL_INFO,             22, nullptr) \
  X(KILLED_BY_PARENT,               23, nullptr) \
  X(CLOSE_SEND,                     24, "for the close frame to be sent") \
  X(HOLDING_AH,                     25, "for the headers to be complete") \
  X(UDP_IDLE,                       26, "for a datagram") \
  X(CLIENT_CONN_IDLE,               27, "for the next use of an idle outbound connection") \
  X(LAGGING,                        28, "for a peer that lags") \
  X(THREADPOOL,                     29, "for a worker of the thread pool") \
  X(THREADPOOL_TASK,                30, "for a worker of the thread pool") \
  X(KILLED_BY_PROXY_CLIENT_CLOSE,   31, nullptr) \
  X(USER_OK,                        32, nullptr)
// clang-format on

enum PendingTimeout : int {
#define WSITRACE_TIMEOUT(name, number, purpose) kTimeout_##name = number,
  WSITRACE_PENDING_TIMEOUTS(WSITRACE_TIMEOUT)
#undef WSITRACE_TIMEOUT
};
inline constexpr int kApplicationTimeouts = 1000;  // PENDING_TIMEOUT_USER_REASON_BASE

struct TimeoutRow {
  const char *name;  // behind PENDING_TIMEOUT_
  int number;
  const char *purpose;
};
inline constexpr TimeoutRow kPendingTimeouts[] = {
#define WSITRACE_TIMEOUT(name, number, purpose) {#name, number, purpose},
    WSITRACE_PENDING_TIMEOUTS(WSITRACE_TIMEOUT)
#undef WSITRACE_TIMEOUT
};

// nullptr for a number that is not known.
constexpr const TimeoutRow *pending_timeout(int number) {
  for (const TimeoutRow &row : kPendingTimeouts)
    if (row.number == number) return &row;
  return nullptr;
}

// What a program sets to change how long lws waits; nullptr: nothing, or unknown.
constexpr const char *setting_of_timeout(int number) {
  switch (number) {
    case kTimeout_ESTABLISH_WITH_SERVER:
    case kTimeout_AWAITING_SERVER_RESPONSE:
    case kTimeout_SSL_ACCEPT:
    case kTimeout_HTTP_CONTENT: return "timeout_secs of the context, 15 s if not set";
    case kTimeout_AWAITING_CONNECT_RESPONSE: return "connect_timeout_secs of the context, 20 s if not set";
    case kTimeout_HTTP_KEEPALIVE_IDLE: return "keepalive_timeout of the vhost, 5 s if not set";
    case kTimeout_HOLDING_AH: return "timeout_secs_ah_idle of the vhost, 10 s if not set";
    case kTimeout_WS_PONG_CHECK_SEND_PING:
    case kTimeout_WS_PONG_CHECK_GET_PONG: return "retry_and_idle_policy";
    default: return nullptr;
  }
}

}  // namespace wsitrace

#endif
