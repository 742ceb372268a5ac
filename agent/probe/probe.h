// SPDX-License-Identifier: MIT
//
// What the entries ask of the probe. Everything is noexcept, preserves errno and does nothing when the probe is off.
#ifndef WSITRACE_PROBE_PROBE_H
#define WSITRACE_PROBE_PROBE_H

#include "agent/probe/lws_api.h"
#include "agent/ring/host_map.h"

namespace wsitrace {

// Turns the probe on: callbacks of wrapped tables are recorded into rings of MAP. LIBRARY must be a checked version and
// complete; otherwise the reason why not comes back (and is left for the owner of the rings) and nothing is ever recorded.
const char *turn_on(const HostMap &map, uint32_t attach, const LwsApi &library) noexcept;
bool is_on() noexcept;
const LwsApi &api() noexcept;

// A vhost is there: wraps its table and records vhost_created. INFO may be null. ENTRY, when known, is any entry of its table.
void vhost_made(lws_vhost *vhost, const lws_context_creation_info *info, const lws_protocols *entry) noexcept;
// Only the first half of that. False: its table was not found.
bool wrap_vhost(lws_vhost *vhost, const lws_context_creation_info *info, const lws_protocols *entry) noexcept;
void vhost_going(lws_vhost *vhost) noexcept;

// For lws's broadcasts, which look for a callback pointer: PROTOCOL as the vhosts have it now. COPY is room for the answer.
const lws_protocols *as_wrapped(const lws_protocols *protocol, lws_protocols &copy) noexcept;

}  // namespace wsitrace

#endif
