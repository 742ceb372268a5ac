// SPDX-License-Identifier: MIT
//
// Thunks: functions that stand in for the callbacks of the host's protocols. Each remembers one callback and the name of
// its protocol; equal pairs share a thunk, so that vhosts with the same protocol still have equal callbacks (lws
// compares them when it broadcasts).
//
// Limits: kMaxThunks pairs in one process image; the last kFirstProtocolReserve are kept for protocols[0], which alone gets
//         NEW_CLIENT_INSTANTIATED and WSI_DESTROY. What finds no room stays unwrapped and is counted.
// Cost:   an event that is not recorded passes through in at most 5 ns (tests/bench/pass_bench.cpp).
#ifndef WSITRACE_PROBE_THUNKS_H
#define WSITRACE_PROBE_THUNKS_H

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
// Index of CALLBACK when it is itself a thunk, else kNoThunk.
size_t index_of_thunk(lws_callback_function *callback) noexcept;

lws_callback_function *thunk(size_t index) noexcept;
lws_callback_function *original_of(size_t index) noexcept;
const char *protocol_name_of(size_t index) noexcept;

}  // namespace wsitrace

#endif
