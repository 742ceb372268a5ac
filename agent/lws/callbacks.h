// SPDX-License-Identifier: MIT
//
// The callback reasons of libwebsockets: name, number, and the roles they play. The only list of them; whoever asks what a reason is
// asks here. A reason is added as one row.
//
// Who uses it: the probe (what to record, what to look at), the timeline (what an event means), whoever renders names.
// Source:      enum lws_callback_reasons of <libwebsockets.h>. Numbers are the same from 4.1.6 to 5.0; CONNECTING came with 4.2.
// Cost:        a load from a table of 1 KiB for all that is asked of a reason; no heap, no lock.
#ifndef WSITRACE_LWS_CALLBACKS_H
#define WSITRACE_LWS_CALLBACKS_H

#include <array>
#include <cstdint>

#include "wsitrace/event.h"

namespace wsitrace {

inline constexpr unsigned kCallbackKinds = 256;  // all reasons are below; those of an application's own are not

namespace role {
enum Role : uint32_t {
  kRecorded = 1,  // the probe makes an event of it
  kCloses = 2,    // lws closes the connection when it returns non-zero
  // what it means to a connection
  kBind = 4,
  kDrop = 8,             // its `in` is the cause, a C string
  kBegins = 16,          // the first that is heard of a connection, unless events were lost
  kEnds = 32,            // part of an end: says nothing about how long it was quiet before. So is a DROP
  kAlone = 64,           // part of an end, and all that some connections ever say (CGI pipes, silent listeners)
  kOpensOutbound = 128,  // only outbound connections get these, and one of them is the first
  kPrepares = 256,       // what the call that connects or adopts makes of itself, before it returns
  kAnswer = 512,  // outbound: the peer answered. That TCP is connected is no answer: a server that hangs has a backlog
  kLoopTurns = 1024,  // an event loop turned: an application that merely opens connections does not call it
  // requests
  kTellsOfRequest = 2048,
  kHandler = 4096,  // the application answers a request
  kRefusesRequest = 1 << 13,
  kRefusesUpgrade = 1 << 14,
  kOwesCompletion = 1 << 15,  // before it the application has completed a response that it has written, or never does
  // what the probe adds to the event, or does before it
  kFacts = 1 << 16,
  kStreamFacts = 1 << 17,      // only on an h2 stream: its parent
  kTcp = 1 << 18,              // TCP_INFO
  kAfterHandshake = 1 << 19,   // where lws has come this far, a TLS handshake is over
  kStack = 1 << 20,            // first sight, in whichever way in, and BIND
  kIntroducesVhost = 1 << 21,  // may be the first that is heard of a vhost
  kWriteable = 1 << 22,        // what lws_callback_on_writable() asks for
  kStandIn = 1 << 23,          // about no connection, and lws gives up something of its own when it returns non-zero
  kAsks = 1 << 24,             // it asks the application, and lws goes by a result that is not zero
};
}  // namespace role

// X(name, number, roles)
// clang-format off
#define WSITRACE_CALLBACKS(X) \
  X(ESTABLISHED,                        0,   kRecorded | kCloses | kLoopTurns) \
  X(CLIENT_CONNECTION_ERROR,            1,   kRecorded | kBegins | kOpensOutbound | kFacts | kTcp) \
  X(CLIENT_FILTER_PRE_ESTABLISH,        2,   kRecorded | kCloses | kOpensOutbound | kFacts | kAfterHandshake | kLoopTurns) \
  X(CLIENT_ESTABLISHED,                 3,   kRecorded | kCloses | kOpensOutbound | kAnswer | kAfterHandshake | kLoopTurns) \
  X(CLOSED,                             4,   kRecorded | kEnds | kFacts | kTcp) \
  X(CLOSED_HTTP,                        5,   kRecorded | kEnds | kOwesCompletion | kFacts | kTcp) \
  X(RECEIVE,                            6,   kCloses) \
  X(RECEIVE_PONG,                       7,   kCloses) \
  X(CLIENT_RECEIVE,                     8,   kCloses) \
  X(CLIENT_RECEIVE_PONG,                9,   kCloses) \
  X(CLIENT_WRITEABLE,                   10,  kCloses | kWriteable) \
  X(SERVER_WRITEABLE,                   11,  kCloses | kWriteable) \
  X(HTTP,                               12,  kRecorded | kCloses | kHandler | kStreamFacts | kAfterHandshake | kLoopTurns) \
  X(HTTP_BODY,                          13,  kCloses | kHandler) \
  X(HTTP_BODY_COMPLETION,               14,  kRecorded | kCloses | kHandler | kLoopTurns) \
  X(HTTP_FILE_COMPLETION,               15,  kRecorded | kCloses | kTellsOfRequest | kHandler | kLoopTurns) \
  X(HTTP_WRITEABLE,                     16,  kCloses | kHandler | kWriteable) \
  X(FILTER_NETWORK_CONNECTION,          17,  kRecorded | kCloses | kFacts | kLoopTurns) \
  X(FILTER_HTTP_CONNECTION,             18,  kRecorded | kCloses | kTellsOfRequest | kIntroducesVhost | kOwesCompletion | kRefusesRequest | kFacts | kAfterHandshake | kLoopTurns) \
  X(SERVER_NEW_CLIENT_INSTANTIATED,     19,  kRecorded | kCloses | kBegins | kPrepares | kIntroducesVhost | kRefusesRequest | kFacts | kStack) \
  X(FILTER_PROTOCOL_CONNECTION,         20,  kRecorded | kCloses | kRefusesUpgrade | kStreamFacts | kAfterHandshake | kLoopTurns) \
  X(OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION, 23, kAsks) \
  X(CLIENT_APPEND_HANDSHAKE_HEADER,     24,  kRecorded | kCloses | kOpensOutbound | kFacts | kAfterHandshake | kLoopTurns) \
  X(CONFIRM_EXTENSION_OKAY,             25,  0) \
  X(CLIENT_CONFIRM_EXTENSION_SUPPORTED, 26,  0) \
  X(PROTOCOL_INIT,                      27,  kRecorded | kIntroducesVhost | kStandIn) \
  X(PROTOCOL_DESTROY,                   28,  kRecorded) \
  X(WSI_CREATE,                         29,  kRecorded | kBegins | kStack) \
  X(WSI_DESTROY,                        30,  kRecorded | kEnds | kAlone | kOwesCompletion) \
  X(WS_PEER_INITIATED_CLOSE,            38,  kRecorded | kFacts | kLoopTurns) \
  X(WS_EXT_DEFAULTS,                    39,  0) \
  X(ESTABLISHED_CLIENT_HTTP,            44,  kRecorded | kCloses | kOpensOutbound | kAnswer | kFacts | kAfterHandshake | kLoopTurns) \
  X(CLOSED_CLIENT_HTTP,                 45,  kRecorded | kEnds | kFacts | kTcp) \
  X(RECEIVE_CLIENT_HTTP,                46,  kCloses) \
  X(COMPLETED_CLIENT_HTTP,              47,  kRecorded | kLoopTurns) \
  X(RECEIVE_CLIENT_HTTP_READ,           48,  kCloses) \
  X(HTTP_BIND_PROTOCOL,                 49,  kRecorded | kCloses | kBind | kRefusesRequest | kStreamFacts | kStack) \
  X(HTTP_DROP_PROTOCOL,                 50,  kRecorded | kDrop) \
  X(CHECK_ACCESS_RIGHTS,                51,  0) \
  X(PROCESS_HTML,                       52,  0) \
  X(ADD_HEADERS,                        53,  0) \
  X(CLIENT_HTTP_WRITEABLE,              57,  kWriteable) \
  X(OPENSSL_PERFORM_SERVER_CERT_VERIFICATION, 58, kAsks) \
  X(RAW_RX,                             59,  kCloses) \
  X(RAW_CLOSE,                          60,  kRecorded | kEnds | kFacts | kTcp) \
  X(RAW_WRITEABLE,                      61,  kCloses | kWriteable) \
  X(RAW_ADOPT,                          62,  kRecorded | kCloses | kFacts | kAfterHandshake | kStack) \
  X(RAW_ADOPT_FILE,                     63,  kRecorded | kFacts | kStack) \
  X(RAW_RX_FILE,                        64,  kCloses) \
  X(RAW_WRITEABLE_FILE,                 65,  kCloses | kWriteable) \
  X(RAW_CLOSE_FILE,                     66,  kRecorded | kEnds | kAlone | kFacts) \
  X(CHILD_CLOSING,                      69,  kRecorded | kEnds | kAlone | kFacts) \
  X(EVENT_WAIT_CANCELLED,               71,  kStandIn) \
  X(TIMER,                              73,  kCloses) \
  X(CLIENT_CLOSED,                      75,  kRecorded | kEnds | kFacts | kTcp) \
  X(CLIENT_HTTP_DROP_PROTOCOL,          76,  kRecorded | kDrop) \
  X(WS_SERVER_BIND_PROTOCOL,            77,  kRecorded | kCloses | kBind | kStack) \
  X(WS_SERVER_DROP_PROTOCOL,            78,  kRecorded | kDrop) \
  X(WS_CLIENT_BIND_PROTOCOL,            79,  kRecorded | kCloses | kBind | kBegins | kOpensOutbound | kPrepares | kStack) \
  X(WS_CLIENT_DROP_PROTOCOL,            80,  kRecorded | kDrop) \
  X(RAW_SKT_BIND_PROTOCOL,              81,  kRecorded | kCloses | kBind | kBegins | kPrepares | kStack) \
  X(RAW_SKT_DROP_PROTOCOL,              82,  kRecorded | kDrop) \
  X(RAW_FILE_BIND_PROTOCOL,             83,  kRecorded | kCloses | kBind | kStack) \
  X(RAW_FILE_DROP_PROTOCOL,             84,  kRecorded | kDrop) \
  X(CLIENT_HTTP_BIND_PROTOCOL,          85,  kRecorded | kCloses | kBind | kBegins | kOpensOutbound | kPrepares | kStack) \
  X(HTTP_CONFIRM_UPGRADE,               86,  kRecorded | kCloses | kTellsOfRequest | kIntroducesVhost | kRefusesUpgrade | kFacts | kAfterHandshake | kLoopTurns) \
  X(RAW_PROXY_CLI_CLOSE,                91,  kRecorded | kEnds) \
  X(RAW_PROXY_SRV_CLOSE,                92,  kRecorded | kEnds) \
  X(RAW_PROXY_CLI_ADOPT,                95,  kRecorded | kAnswer | kFacts) \
  X(RAW_PROXY_SRV_ADOPT,                96,  kRecorded | kFacts) \
  X(RAW_PROXY_CLI_BIND_PROTOCOL,        97,  kRecorded | kBind | kBegins | kOpensOutbound) \
  X(RAW_PROXY_SRV_BIND_PROTOCOL,        98,  kRecorded | kBind) \
  X(RAW_PROXY_CLI_DROP_PROTOCOL,        99,  kRecorded | kDrop) \
  X(RAW_PROXY_SRV_DROP_PROTOCOL,        100, kRecorded | kDrop) \
  X(RAW_CONNECTED,                      101, kRecorded | kOpensOutbound | kAnswer | kFacts | kAfterHandshake | kLoopTurns) \
  X(VERIFY_BASIC_AUTHORIZATION,         102, 0) \
  X(CLIENT_HTTP_REDIRECT,               104, kRecorded | kFacts | kLoopTurns) \
  X(CONNECTING,                         105, kRecorded | kBegins | kOpensOutbound | kPrepares) \
  X(MQTT_IDLE,                          201, kRecorded | kBind | kBegins | kOpensOutbound) \
  X(MQTT_CLIENT_ESTABLISHED,            202, kRecorded | kCloses | kOpensOutbound | kAnswer | kFacts) \
  X(MQTT_SUBSCRIBED,                    203, kCloses) \
  X(MQTT_CLIENT_WRITEABLE,              204, kCloses | kWriteable) \
  X(MQTT_CLIENT_RX,                     205, kCloses) \
  X(MQTT_UNSUBSCRIBED,                  206, kCloses) \
  X(MQTT_DROP_PROTOCOL,                 207, kRecorded | kDrop) \
  X(MQTT_CLIENT_CLOSED,                 208, kRecorded | kEnds) \
  X(MQTT_ACK,                           209, kCloses)
// clang-format on

enum Callback : uint16_t {
#define WSITRACE_CALLBACK(name, number, roles) k_##name = number,
  WSITRACE_CALLBACKS(WSITRACE_CALLBACK)
#undef WSITRACE_CALLBACK
};

namespace role {
struct Row {
  const char *name;
  uint16_t number;
  uint32_t roles;
};
inline constexpr Row kCallbacks[] = {
#define WSITRACE_CALLBACK(name, number, roles) {#name, number, roles},
    WSITRACE_CALLBACKS(WSITRACE_CALLBACK)
#undef WSITRACE_CALLBACK
};
inline constexpr std::array<const char *, kCallbackKinds> kNames = [] {
  std::array<const char *, kCallbackKinds> names{};
  for (const Row &row : kCallbacks) names[row.number] = row.name;
  return names;
}();
inline constexpr std::array<uint32_t, kCallbackKinds> kRolesOf = [] {
  std::array<uint32_t, kCallbackKinds> roles{};
  for (const Row &row : kCallbacks) roles[row.number] = row.roles;
  return roles;
}();
}  // namespace role

// The roles of a callback reason, or of the kind of an event; none for what is no reason.
constexpr uint32_t roles_of(int kind) noexcept {
  return static_cast<unsigned>(kind) < kCallbackKinds ? role::kRolesOf[static_cast<unsigned>(kind)] : 0;
}
// Whether it plays one of them.
template <uint32_t any_of>
constexpr bool has_role(int kind) noexcept {
  return (roles_of(kind) & any_of) != 0;
}
constexpr bool is_bind(int kind) noexcept { return has_role<role::kBind>(kind); }
constexpr bool is_drop(int kind) noexcept { return has_role<role::kDrop>(kind); }

// "WSI_DESTROY", or "gap" for a kind of our own; nullptr for one that is not known.
constexpr const char *kind_name(unsigned kind) noexcept {
  return kind < kCallbackKinds ? role::kNames[kind] : own_kind_name(kind);
}

}  // namespace wsitrace

#endif
