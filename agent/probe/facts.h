// SPDX-License-Identifier: MIT
//
// Facts beyond the event's fixed fields: addresses, request line, causes. Only the kinds named by has_facts() carry any.
//
// Privacy: the path without its query, never a header's value or a payload.
// Cost:    syscalls only once per connection (both addresses, outbound up to three times; TCP_INFO; what waits behind the first request)
//          and once per listener (SO_ACCEPTCONN); errno is preserved. What waits is asked again only after a transaction so long that the call is
//          not felt (reads.h).
#ifndef WSITRACE_PROBE_FACTS_H
#define WSITRACE_PROBE_FACTS_H

#include <libwebsockets.h>

#include "agent/probe/record.h"
#include "agent/ring/writer.h"

namespace wsitrace {

constexpr KindSet set_of(std::initializer_list<lws_callback_reasons> kinds) {
  KindSet set{};
  for (const unsigned kind : kinds) set.words[kind / 64] |= uint64_t{1} << (kind % 64);
  return set;
}

inline constexpr KindSet kKindsWithFacts = set_of({LWS_CALLBACK_FILTER_NETWORK_CONNECTION,
                                                   LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED,
                                                   LWS_CALLBACK_RAW_ADOPT,
                                                   LWS_CALLBACK_RAW_CONNECTED,
                                                   LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH,
                                                   LWS_CALLBACK_FILTER_HTTP_CONNECTION,
                                                   LWS_CALLBACK_HTTP_CONFIRM_UPGRADE,
                                                   LWS_CALLBACK_CLIENT_CONNECTION_ERROR,
                                                   LWS_CALLBACK_WS_PEER_INITIATED_CLOSE,
                                                   LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER,
                                                   LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP,
                                                   LWS_CALLBACK_CLIENT_HTTP_REDIRECT,
                                                   LWS_CALLBACK_CLOSED,
                                                   LWS_CALLBACK_CLOSED_HTTP,
                                                   LWS_CALLBACK_CLOSED_CLIENT_HTTP,
                                                   LWS_CALLBACK_CLIENT_CLOSED,
                                                   LWS_CALLBACK_RAW_CLOSE,
                                                   LWS_CALLBACK_RAW_ADOPT_FILE,
                                                   LWS_CALLBACK_RAW_PROXY_SRV_ADOPT,
                                                   LWS_CALLBACK_RAW_PROXY_CLI_ADOPT,
                                                   LWS_CALLBACK_CHILD_CLOSING,
                                                   LWS_CALLBACK_MQTT_CLIENT_ESTABLISHED});
// Where lws has come this far, a TLS handshake is over.
inline constexpr KindSet kKindsAfterHandshake =
    set_of({LWS_CALLBACK_FILTER_HTTP_CONNECTION, LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, LWS_CALLBACK_HTTP,
            LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION, LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER,
            LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH, LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP,
            LWS_CALLBACK_CLIENT_ESTABLISHED, LWS_CALLBACK_RAW_CONNECTED, LWS_CALLBACK_RAW_ADOPT});
// Plain ones, unless the wsi is an h2 stream, whose parent is told.
inline constexpr KindSet kKindsWithStreamFacts =
    set_of({LWS_CALLBACK_HTTP, LWS_CALLBACK_HTTP_BIND_PROTOCOL, LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION});
// Their `in` is the cause, a C string.
inline constexpr KindSet kKindsWithCause = set_of(
    {LWS_CALLBACK_HTTP_DROP_PROTOCOL, LWS_CALLBACK_CLIENT_HTTP_DROP_PROTOCOL, LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL,
     LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL, LWS_CALLBACK_RAW_SKT_DROP_PROTOCOL, LWS_CALLBACK_RAW_FILE_DROP_PROTOCOL,
     LWS_CALLBACK_RAW_PROXY_CLI_DROP_PROTOCOL, LWS_CALLBACK_RAW_PROXY_SRV_DROP_PROTOCOL,
     LWS_CALLBACK_MQTT_DROP_PROTOCOL});

constexpr bool has_facts(int reason) noexcept { return kKindsWithFacts.has(static_cast<unsigned>(reason)); }
constexpr bool has_stream_facts(int reason) noexcept {
  return kKindsWithStreamFacts.has(static_cast<unsigned>(reason));
}
constexpr bool carries_cause(int reason) noexcept { return kKindsWithCause.has(static_cast<unsigned>(reason)); }

constexpr bool is_after_handshake(int reason) noexcept {
  return kKindsAfterHandshake.has(static_cast<unsigned>(reason));
}
bool is_stream(lws *wsi) noexcept;
// WSI is being destroyed: forgets all about its address. Adds what is known at its end.
void add_end(Event &event, lws *wsi) noexcept;
// Callers of lws_close_free_wsi() by which lws closes listeners; connections, too, that are left when a context goes.
bool closes_listeners(int reason, const char *caller) noexcept;
// WSI is about to be closed by one of them. Costs a syscall.
void add_whether_it_listens(Event &event, lws *wsi) noexcept;
// WSI's response is complete: adds what tells whether the next request was there already.
void add_completion(Event &event, lws *wsi) noexcept;

// A connection on FD is about to end: its addresses, TCP_INFO.
void add_ended_socket(Items &items, int fd) noexcept;
// The request that WSI is answering: path, method, version.
void add_request_line(Event &event, Items &items, lws *wsi) noexcept;
// What an application asked lws to connect to: the members used have the same place in every checked version.
void add_target(Event &event, Items &items, const lws_client_connect_info &info) noexcept;

// Adds to EVENT and ITEMS what the callback's arguments and the wsi say. WSI is alive.
void add_facts(Event &event, Items &items, lws *wsi, const void *in, size_t length) noexcept;

}  // namespace wsitrace

#endif
