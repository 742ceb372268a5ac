// SPDX-License-Identifier: MIT
//
// Facts beyond the event's fixed fields: addresses, request line, causes. Only the kinds named by has_facts() carry any.
//
// Privacy: the path without its query, never a header's value or a payload.
// Cost:    syscalls only once per connection (both addresses) and once per listener (SO_ACCEPTCONN); errno is preserved.
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

inline constexpr KindSet kKindsWithFacts = set_of(
    {LWS_CALLBACK_FILTER_NETWORK_CONNECTION, LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED, LWS_CALLBACK_RAW_ADOPT,
     LWS_CALLBACK_RAW_CONNECTED, LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH, LWS_CALLBACK_FILTER_HTTP_CONNECTION,
     LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, LWS_CALLBACK_CLIENT_CONNECTION_ERROR, LWS_CALLBACK_WS_PEER_INITIATED_CLOSE});
// Plain ones, unless the wsi is an h2 stream, whose parent is told.
inline constexpr KindSet kKindsWithStreamFacts = set_of({LWS_CALLBACK_HTTP, LWS_CALLBACK_HTTP_BIND_PROTOCOL});
// Their `in` is the cause, a C string.
inline constexpr KindSet kKindsWithCause = set_of(
    {LWS_CALLBACK_HTTP_DROP_PROTOCOL, LWS_CALLBACK_CLIENT_HTTP_DROP_PROTOCOL, LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL,
     LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL, LWS_CALLBACK_RAW_SKT_DROP_PROTOCOL, LWS_CALLBACK_RAW_FILE_DROP_PROTOCOL});

constexpr bool has_facts(int reason) noexcept { return kKindsWithFacts.has(static_cast<unsigned>(reason)); }
constexpr bool has_stream_facts(int reason) noexcept {
  return kKindsWithStreamFacts.has(static_cast<unsigned>(reason));
}
constexpr bool carries_cause(int reason) noexcept { return kKindsWithCause.has(static_cast<unsigned>(reason)); }

bool is_stream(lws *wsi) noexcept;
// WSI is being destroyed: forgets it as a listener. Flags of its WSI_DESTROY.
uint8_t flags_at_end(lws *wsi) noexcept;

// Adds to EVENT and ITEMS what the callback's arguments and the wsi say. WSI is alive.
void add_facts(Event &event, Items &items, lws *wsi, const void *in, size_t length) noexcept;

}  // namespace wsitrace

#endif
