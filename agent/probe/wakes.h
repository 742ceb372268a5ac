// SPDX-License-Identifier: MIT
//
// Calls of lws_callback_on_writable() on a thread that runs no event loop: lws only marks the wsi there, and the loop sleeps on. They are
// remembered until the callback comes, and recorded when that took long.
//
// Fact:    which thread runs a loop is known by the callbacks that only a loop delivers (role kLoopTurns). With several loops the
//          last one counts; a call from another loop's own thread is recognised when its callback comes, on that same thread.
// Memory:  kWakeSlots; a wsi that finds its slot taken is not remembered.
// Cost:    a load and a compare for each call, a load for each callback that is not recorded.
#ifndef WSITRACE_PROBE_WAKES_H
#define WSITRACE_PROBE_WAKES_H

#include <cstdint>

namespace wsitrace {

inline constexpr unsigned kWakeSlots = 64;
inline constexpr uint64_t kLateNs = 100'000'000;  // sooner is what a busy loop needs anyway

// The calling thread runs a loop.
void note_loop_thread() noexcept;
// lws_callback_on_writable(WSI) is called; BY_LOOP: on a thread that is in lws_service(). False: on a thread that runs no loop.
bool note_wake(const void *wsi, bool by_loop) noexcept;
// Worth a look when a callback of role kWriteable is about to be called, or a wsi to be destroyed.
bool wakes_are_pending() noexcept;
// ON: as if some were, so that callbacks are looked at (spins.h); off as often as on.
void watch_callbacks(bool on) noexcept;
// How long WSI waits since the call, in ms, and forgets that; 0: not for long, or the call came on this very thread. DESTROYED: perhaps not
// on the loop's thread, so a call that a loop made does not count.
int take_wake(const void *wsi, bool destroyed) noexcept;

}  // namespace wsitrace

#endif
