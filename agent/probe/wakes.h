// SPDX-License-Identifier: MIT
//
// Calls of lws_callback_on_writable() on a thread that runs no event loop: lws only marks the wsi there, and the loop sleeps on. They are
// remembered until the callback comes, and recorded when that took long.
//
// Fact:    which thread runs a loop is known by the callbacks that only a loop delivers (role kLoopTurns). With several loops the
//          last one counts, and a call on another one's thread is told apart when its callback comes: on the thread of the call.
// Memory:  kWakeSlots; a wsi that finds its slot taken is not remembered.
// Cost:    a load and a compare for each call, a load for each callback that is not recorded.
#ifndef WSITRACE_PROBE_WAKES_H
#define WSITRACE_PROBE_WAKES_H

#include <pthread.h>

#include <cstdint>

namespace wsitrace {

inline constexpr unsigned kWakeSlots = 64;
inline constexpr uint64_t kLateNs = 100'000'000;  // sooner is what a busy loop needs anyway

namespace wakes {
// Read and written by atomic operations.
extern uintptr_t loop_thread;  // 0: none yet
extern unsigned pending;
void remember(const void *wsi) noexcept;
// How long WSI waits since the call, in ms, and forgets that; 0: not for long, or the call came on this very thread.
int take(const void *wsi) noexcept;
inline uintptr_t this_thread() noexcept { return pthread_self(); }
}  // namespace wakes

// The calling thread runs a loop.
inline void note_loop_thread() noexcept {
  const uintptr_t thread = wakes::this_thread();
  if (__atomic_load_n(&wakes::loop_thread, __ATOMIC_RELAXED) != thread)
    __atomic_store_n(&wakes::loop_thread, thread, __ATOMIC_RELAXED);
}
// lws_callback_on_writable(WSI) is called.
inline void note_wake(const void *wsi) noexcept {
  const uintptr_t loop = __atomic_load_n(&wakes::loop_thread, __ATOMIC_RELAXED);
  if (loop != 0 && loop != wakes::this_thread()) [[unlikely]]
    wakes::remember(wsi);
}
// Worth a look when a callback of role kWriteable is about to be called, or a wsi to be destroyed.
inline bool wakes_are_pending() noexcept { return __atomic_load_n(&wakes::pending, __ATOMIC_RELAXED) != 0; }
}  // namespace wsitrace

#endif
