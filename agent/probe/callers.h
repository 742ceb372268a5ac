// SPDX-License-Identifier: MIT
//
// Who calls a function of lws that a body stands in front of: the application, or lws itself, whose own calls come the same way.
//
// Limits:  kCallers places in the code, the latest of those that share a slot; what was pushed out is asked again.
// Threads: any.
// Cost:    a hash and a load; a dladdr() the first time.
#ifndef WSITRACE_PROBE_CALLERS_H
#define WSITRACE_PROBE_CALLERS_H

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kCallers = 1024;  // a power of two

// CALLER is a return address. True, too, where nobody knows whose it is.
bool is_code_of_lws(const void *caller) noexcept;
// Code was unloaded: other code may be there next.
void forget_callers() noexcept;

}  // namespace wsitrace

#endif
