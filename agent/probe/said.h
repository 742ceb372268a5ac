// SPDX-License-Identifier: MIT
//
// What lws says in its log, as far as agent/lws/said.h knows it. What is beyond its LineBudget is counted, and the count recorded with the
// next line of that kind.
#ifndef WSITRACE_PROBE_SAID_H
#define WSITRACE_PROBE_SAID_H

#include <cstdarg>

namespace wsitrace {

// lws, or the application by lws's macros, is about to log FORMAT with ARGUMENTS at LEVEL, visible or not. ARGUMENTS are left as they are.
// True: such a line is recorded, or counted.
bool note_line(int level, const char *format, va_list arguments) noexcept;

// lws_create_context() or lws_create_vhost() is about to return NULL.
void note_not_made(bool is_context) noexcept;

// At the end of recording: how many lines were left out since the last that was recorded.
void record_lines_left_out() noexcept;

}  // namespace wsitrace

#endif
