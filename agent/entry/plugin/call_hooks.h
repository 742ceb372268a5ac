// SPDX-License-Identifier: MIT
//
// The calls into lws that the plugin puts itself in front of, by redirecting import slots (got_patch.h): the broadcasts, which would
// miss wrapped callbacks, and the calls that tell why and how an exchange or a connection ends. The preload library does
// the same by standing first in the search order.
#ifndef WSITRACE_ENTRY_PLUGIN_CALL_HOOKS_H
#define WSITRACE_ENTRY_PLUGIN_CALL_HOOKS_H

namespace wsitrace {

// Once, when the probe is on. Covers every object that is loaded by now; lws calls these through its own import slots.
void hook_calls() noexcept;

}  // namespace wsitrace

#endif
