// SPDX-License-Identifier: MIT
//
// What an application hands to lws_client_connect_via_info(): a structure with many members, most of which it does not set. Where it was not set to
// zeros before, they are what was in that memory, and lws goes by them.
//
// Limits: only what points to no memory is known as such; members behind `iface`, which are elsewhere from 5.0 on, are not looked at there.
// Cost:   a system call for each page that a member points into (5 or so, 1 us), for each connection that this program makes.
#ifndef WSITRACE_PROBE_CONNECT_INFO_H
#define WSITRACE_PROBE_CONNECT_INFO_H

#include <libwebsockets.h>

#include <cstddef>
#include <cstdint>

namespace wsitrace {

// Their names, "iface, alpn", in a buffer of this thread; empty: all point to memory, or are NULL.
const char *members_to_nowhere(const lws_client_connect_info &info) noexcept;
// Bits of kItemAsked (event.h); all that INFO points to is memory. 0: none, or TLS alone.
uint32_t oddities_of(const lws_client_connect_info &info) noexcept;

}  // namespace wsitrace

#endif
