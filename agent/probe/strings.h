// SPDX-License-Identifier: MIT
//
// Strings of the host become 16-bit ids in the process's string table. A name is written once; after that a lookup costs
// a hash of the text (about 15 ns), or a pointer compare and a text compare (about 4 ns) for literals seen before.
//
// Full table: kOverflowString, counted as trouble `string_overflow`.
// Threads:    lock-free. Two threads that meet a new text at once may give it two ids; a reader sees equal texts.
#ifndef WSITRACE_PROBE_STRINGS_H
#define WSITRACE_PROBE_STRINGS_H

#include "agent/probe/host_state.h"

namespace wsitrace {

// Id of TEXT, cut to kMaxStringBytes; kNoString for nullptr or an empty text. The process must be attached.
uint16_t intern(const char *text) noexcept;
// Same for a text that usually is a literal: a cause, a caller.
uint16_t intern_literal(const char *text) noexcept;

}  // namespace wsitrace

#endif
