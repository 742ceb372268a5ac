// SPDX-License-Identifier: MIT
//
// The calls into lws that plugin and link put themselves in front of, by redirecting import slots (redirect.h): the broadcasts, which would
// miss wrapped callbacks, and the calls that tell why and how an exchange or a connection begins and ends. The preload library
// does the same by standing first in the search order.
#ifndef WSITRACE_ENTRY_IMPORTS_CALLS_H
#define WSITRACE_ENTRY_IMPORTS_CALLS_H

namespace wsitrace {

// Once, when the probe is on. LWS_FUNCTION is any function of the host's lws. Covers every object that is loaded by now; lws calls
// these through its own import slots. An lws that is linked statically has none: then nothing changes.
void hook_calls(const void *lws_function) noexcept;

}  // namespace wsitrace

#endif
