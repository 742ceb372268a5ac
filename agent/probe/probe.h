// SPDX-License-Identifier: MIT
//
// Turning the probe on, and the lws that it then calls. What else the entries ask of it: thunks.h, record.h, contexts.h.
#ifndef WSITRACE_PROBE_PROBE_H
#define WSITRACE_PROBE_PROBE_H

#include "agent/probe/lws_api.h"
#include "agent/ring/host_map.h"

namespace wsitrace {

// Turns the probe on: callbacks of wrapped tables are recorded into rings of MAP. LIBRARY must be a checked version and
// complete; otherwise the reason why not comes back (and is left for the owner of the rings) and nothing is ever recorded.
const char *turn_on(const HostMap &map, uint32_t attach, const LwsApi &library) noexcept;
// The library that it was turned on with is gone. What was recorded stays.
void turn_off() noexcept;
bool is_on() noexcept;
const LwsApi &api() noexcept;

}  // namespace wsitrace

#endif
