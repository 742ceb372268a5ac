// SPDX-License-Identifier: MIT
//
// From a callback of lws to an event. Called on the host's service threads.
//
// Cost: what is_recorded() does not name costs a table look-up. BIND, DROP and the other plain kinds cost one record
//       (tests/bench/record_bench.cpp); NEW_CLIENT_INSTANTIATED also two syscalls (both addresses), once per connection.
#ifndef WSITRACE_PROBE_RECORD_H
#define WSITRACE_PROBE_RECORD_H

#include <initializer_list>

#include <libwebsockets.h>

#include "wsitrace/event.h"

namespace wsitrace {

struct KindSet {
  uint64_t words[4];  // one bit per callback reason below 256
  [[nodiscard]] constexpr bool has(unsigned kind) const noexcept {
    return kind < 256 && (words[kind / 64] >> (kind % 64) & 1) != 0;
  }
};

constexpr KindSet recorded_kinds() {
  KindSet set{};
#define WSITRACE_ADD(name, number) set.words[(number) / 64] |= uint64_t{1} << ((number) % 64);
  WSITRACE_CALLBACK_KINDS(WSITRACE_ADD)
#undef WSITRACE_ADD
  return set;
}

// Callbacks whose non-zero result makes lws close the connection.
constexpr KindSet closing_kinds() {
  KindSet set{};
  for (const unsigned kind : {LWS_CALLBACK_ESTABLISHED,
                              LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH,
                              LWS_CALLBACK_CLIENT_ESTABLISHED,
                              LWS_CALLBACK_RECEIVE,
                              LWS_CALLBACK_RECEIVE_PONG,
                              LWS_CALLBACK_CLIENT_RECEIVE,
                              LWS_CALLBACK_CLIENT_RECEIVE_PONG,
                              LWS_CALLBACK_CLIENT_WRITEABLE,
                              LWS_CALLBACK_SERVER_WRITEABLE,
                              LWS_CALLBACK_HTTP,
                              LWS_CALLBACK_HTTP_BODY,
                              LWS_CALLBACK_HTTP_BODY_COMPLETION,
                              LWS_CALLBACK_HTTP_FILE_COMPLETION,
                              LWS_CALLBACK_HTTP_WRITEABLE,
                              LWS_CALLBACK_FILTER_NETWORK_CONNECTION,
                              LWS_CALLBACK_FILTER_HTTP_CONNECTION,
                              LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED,
                              LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION,
                              LWS_CALLBACK_HTTP_CONFIRM_UPGRADE,
                              LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP,
                              LWS_CALLBACK_RECEIVE_CLIENT_HTTP,
                              LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ,
                              LWS_CALLBACK_RAW_RX,
                              LWS_CALLBACK_RAW_WRITEABLE,
                              LWS_CALLBACK_RAW_ADOPT,
                              LWS_CALLBACK_RAW_RX_FILE,
                              LWS_CALLBACK_RAW_WRITEABLE_FILE,
                              LWS_CALLBACK_MQTT_CLIENT_ESTABLISHED,
                              LWS_CALLBACK_MQTT_SUBSCRIBED,
                              LWS_CALLBACK_MQTT_CLIENT_WRITEABLE,
                              LWS_CALLBACK_MQTT_CLIENT_RX,
                              LWS_CALLBACK_MQTT_UNSUBSCRIBED,
                              LWS_CALLBACK_MQTT_ACK,
                              LWS_CALLBACK_TIMER})
    set.words[kind / 64] |= uint64_t{1} << (kind % 64);
  return set;
}

inline constexpr KindSet kRecordedKinds = recorded_kinds();
inline constexpr KindSet kClosingKinds = closing_kinds();

constexpr bool is_recorded(int reason) noexcept { return kRecordedKinds.has(static_cast<unsigned>(reason)); }
constexpr bool closes_when_refused(int reason) noexcept { return kClosingKinds.has(static_cast<unsigned>(reason)); }

void record_callback(size_t thunk_index, lws *wsi, int reason, const void *in, size_t length) noexcept;
// The callback for REASON returned non-zero. WSI is not looked into: it may be on its way out.
void record_refusal(size_t thunk_index, const lws *wsi, int reason) noexcept;
void record_vhost(EventKind kind, lws_vhost *vhost) noexcept;
// An event of our own about SUBJECT (a wsi or a context, as a number). TEXT is a literal or nullptr.
void record_own(EventKind kind, const void *subject, int value, const char *text) noexcept;
// Same, about a wsi that is alive: its vhost is recorded too.
void record_about(EventKind kind, lws *wsi, int value, const char *text) noexcept;
// lws_close_free_wsi(WSI, REASON, CALLER) was called.
void record_close(lws *wsi, int reason, const char *caller) noexcept;
// lws_http_transaction_completed(WSI) was called.
void record_completion(lws *wsi) noexcept;
// lws_add_http_header_status(WSI, STATUS) was called.
void record_status(lws *wsi, unsigned status) noexcept;
// lws_client_connect_via_info(INFO) was called. Of the query, nothing is kept.
void record_connect(const lws_client_connect_info *info) noexcept;
// The call named NAME, a literal, began at SINCE_NS (CLOCK_MONOTONIC) and has returned NULL.
void record_failed_call(const char *name, uint64_t since_ns) noexcept;
// The TLS handshake of SSL on FD is over.
void record_handshake(int fd, const void *ssl) noexcept;
// It failed: FAILURE is why, a literal. lws may end the connection without another word, so what is known of the socket comes along.
void record_failed_handshake(int fd, const char *failure) noexcept;

}  // namespace wsitrace

#endif
