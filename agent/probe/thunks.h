// SPDX-License-Identifier: MIT
//
// Thunks: functions that stand in for the callbacks of the host's protocols, record, and call what they stand in for; and how they get into
// the protocol tables of vhosts. A vhost that nobody told of is learnt of by its first callbacks.
//
// Cost: an event that is not recorded passes through in at most 5 ns (tests/bench/pass_bench.cpp).
#ifndef WSITRACE_PROBE_THUNKS_H
#define WSITRACE_PROBE_THUNKS_H

#include <cstddef>

#include <libwebsockets.h>

namespace wsitrace {

lws_callback_function *thunk(size_t index) noexcept;
// Index of CALLBACK when it is itself a thunk, else kNoThunk.
size_t index_of_thunk(lws_callback_function *callback) noexcept;

// A vhost is there: wraps its table and records vhost_created. INFO may be null. ENTRY, when known, is any entry of its table.
void vhost_made(lws_vhost *vhost, const lws_context_creation_info *info, const lws_protocols *entry) noexcept;
void vhost_going(lws_vhost *vhost) noexcept;
// VHOST is there, and unknown yet: its table is wrapped, and only its outbound connections are recorded (guests.h).
void watch_as_guest(lws_vhost *vhost, const lws_protocols *entry) noexcept;
// Wraps a table before lws copies it (the linked library's way). TABLE ends with an entry without callback.
void wrap_host_table(lws_protocols *table) noexcept;

// For lws's broadcasts, which look for a callback pointer: PROTOCOL as the vhosts have it now. COPY is room for the answer.
const lws_protocols *as_wrapped(const lws_protocols *protocol, lws_protocols &copy) noexcept;

}  // namespace wsitrace

#endif
