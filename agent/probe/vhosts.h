// SPDX-License-Identifier: MIT
//
// The vhosts that are alive, by pointer: which thunk serves protocols[0] of each. A pointer is forgotten when its vhost goes, so
// that a later vhost at the same address gets its own name.
//
// Threads: lock-free; vhosts are made and destroyed rarely. Cost of a look-up: a hash and, as a rule, one compare.
#ifndef WSITRACE_PROBE_VHOSTS_H
#define WSITRACE_PROBE_VHOSTS_H

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <libwebsockets.h>

#include "agent/probe/host_state.h"

namespace wsitrace {

inline constexpr size_t kUnknownVhost = SIZE_MAX;

// FIRST_THUNK: index of the thunk of its protocols[0], or kNoThunk.
void remember_vhost(const lws_vhost *vhost, size_t first_thunk) noexcept;
// True when a vhost found no room; unknown ones are then no longer looked into.
bool vhosts_are_full() noexcept;
void forget_vhost(const lws_vhost *vhost) noexcept;
// Counts what became known or was forgotten.
extern std::atomic<uint32_t> g_vhost_changes;
inline uint32_t vhost_changes() noexcept { return g_vhost_changes.load(std::memory_order_acquire); }
// The calling thread served it last, and has not forgotten it (VhostMemo of host_state.h).
inline bool is_learnt(const lws_vhost *vhost) noexcept {
  return vhost != nullptr && t_state.vhost.vhost == vhost && t_state.vhost.changes == vhost_changes();
}
// Index below kMaxVhosts, or kUnknownVhost.
size_t vhost_index(const lws_vhost *vhost) noexcept;
size_t first_thunk_of(size_t vhost_index) noexcept;

// What is recorded of a known vhost: all, or as guests.h says. remember_vhost() makes it kObserved.
enum class Standing : uint8_t { kObserved, kGuest, kGuestThatAccepts };
void set_standing(size_t vhost_index, Standing standing) noexcept;
Standing standing_of(size_t vhost_index) noexcept;

}  // namespace wsitrace

#endif
