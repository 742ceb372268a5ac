// SPDX-License-Identifier: MIT
//
// What each thunk stands in for: one callback of the host and the name of its protocol. Equal pairs share a thunk, so that vhosts with
// the same protocol still have equal callbacks (lws compares them when it broadcasts).
//
// Limits: kMaxThunks pairs in one process image; the last kFirstProtocolReserve are kept for protocols[0], which alone gets
//         NEW_CLIENT_INSTANTIATED and WSI_DESTROY. What finds no room stays unwrapped and is counted.
#ifndef WSITRACE_PROBE_THUNK_TABLE_H
#define WSITRACE_PROBE_THUNK_TABLE_H

#include <cstddef>
#include <cstdint>

#include <libwebsockets.h>

namespace wsitrace {

inline constexpr size_t kFirstProtocolReserve = 256;
inline constexpr size_t kNoThunk = SIZE_MAX;

// Index of the thunk for this pair, made when there is none; kNoThunk when the table is full.
size_t thunk_for(lws_callback_function *original, const char *name, bool first_protocol) noexcept;
// Index of the thunk for this pair, kNoThunk when it was never made.
size_t find_thunk(lws_callback_function *original, const char *name) noexcept;
// How many were made.
size_t thunks_made() noexcept;

lws_callback_function *original_of(size_t index) noexcept;
const char *protocol_name_of(size_t index) noexcept;

}  // namespace wsitrace

#endif
