// SPDX-License-Identifier: MIT
#include "agent/timeline/pending_timeout.h"

#include <iterator>

#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr int kApplicationBase = 1000;  // PENDING_TIMEOUT_USER_REASON_BASE

constexpr const char *kNames[] = {nullptr,
                                  "AWAITING_PROXY_RESPONSE",
                                  "AWAITING_CONNECT_RESPONSE",
                                  "ESTABLISH_WITH_SERVER",
                                  "AWAITING_SERVER_RESPONSE",
                                  "AWAITING_PING",
                                  "CLOSE_ACK",
                                  nullptr,
                                  "SENT_CLIENT_HANDSHAKE",
                                  "SSL_ACCEPT",
                                  "HTTP_CONTENT",
                                  "AWAITING_CLIENT_HS_SEND",
                                  "FLUSH_STORED_SEND_BEFORE_CLOSE",
                                  "SHUTDOWN_FLUSH",
                                  "CGI",
                                  "HTTP_KEEPALIVE_IDLE",
                                  "WS_PONG_CHECK_SEND_PING",
                                  "WS_PONG_CHECK_GET_PONG",
                                  "CLIENT_ISSUE_PAYLOAD",
                                  "AWAITING_SOCKS_GREETING_REPLY",
                                  "AWAITING_SOCKS_CONNECT_REPLY",
                                  "AWAITING_SOCKS_AUTH_REPLY",
                                  "KILLED_BY_SSL_INFO",
                                  "KILLED_BY_PARENT",
                                  "CLOSE_SEND",
                                  "HOLDING_AH",
                                  "UDP_IDLE",
                                  "CLIENT_CONN_IDLE",
                                  "LAGGING",
                                  "THREADPOOL",
                                  "THREADPOOL_TASK",
                                  "KILLED_BY_PROXY_CLIENT_CLOSE",
                                  "USER_OK"};

}  // namespace

std::string pending_timeout_text(int32_t value) {
  const int reason = pending_timeout_reason(value);
  const bool named = static_cast<size_t>(reason) < std::size(kNames) && kNames[reason] != nullptr;
  const std::string name = named                        ? kNames[reason]
                           : reason >= kApplicationBase ? "the application's " + std::to_string(reason)
                                                        : std::to_string(reason);
  const int seconds = pending_timeout_seconds(value);
  return seconds < 0 ? "killed by lws_set_timeout: " + name : name + ", " + std::to_string(seconds) + " s";
}

}  // namespace wsitrace
