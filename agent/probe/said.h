// SPDX-License-Identifier: MIT
//
// What lws says in its log, as far as agent/lws/said.h knows it.
#ifndef WSITRACE_PROBE_SAID_H
#define WSITRACE_PROBE_SAID_H

#include <cstdarg>

namespace wsitrace {

// lws, or the application by lws's macros, is about to log FORMAT with ARGUMENTS at LEVEL, visible or not. ARGUMENTS are left as they are.
// True: such a line is recorded.
bool note_line(int level, const char *format, va_list arguments) noexcept;

// lws_create_context() or lws_create_vhost() is about to return NULL.
void note_not_made(bool is_context) noexcept;

}  // namespace wsitrace

#endif
