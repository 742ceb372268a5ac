// SPDX-License-Identifier: MIT
//
// Calls of lws that an application should not make: about a wsi that lws has destroyed (graves.h), where only its own calls count, for lws may use an
// address again before anybody is told of it; about the stand-in of a callback that is about none; and with a context that is destroyed, is being destroyed, or was never made. And those that keep it long.
//
// Limits:  a context that was destroyed is forgotten when another is made at its address.
// Threads: any.
// Cost:    a look into graves.h; a dladdr() for a wsi that is gone, kMaxUses times. Contexts: for calls that connect.
#ifndef WSITRACE_PROBE_USES_H
#define WSITRACE_PROBE_USES_H

#include <cstdint>

namespace wsitrace {

inline constexpr unsigned kMaxUses = 64;
inline constexpr uint32_t kLongCallMs = 200;  // who waits longer notices

// The function named CALL, a literal, was called about WSI by code at CALLER; nullptr is no wsi, either.
void note_use(const void *wsi, const char *call, const void *caller) noexcept;

// lws passes WSI to the callback REASON, which is about no connection: a stand-in.
void note_stand_in(const void *wsi, int reason) noexcept;

// lws_context_destroy(CONTEXT) begins, and returns.
void context_dying(const void *context) noexcept;
void context_died(const void *context) noexcept;
void context_lives(const void *context) noexcept;  // perhaps at the address of another
// The function named CALL, a literal, is about to be called with CONTEXT.
void note_context_use(const void *context, const char *call) noexcept;

// It has returned WSI, and was called at SINCE_NS.
void note_call_lasted(const void *wsi, const char *call, uint64_t since_ns) noexcept;

}  // namespace wsitrace

#endif
