// SPDX-License-Identifier: MIT
//
// Timers of the application (lws_sul_schedule()) that lie in memory which may be freed, and whether it cancels them: lws keeps a list of them, and
// goes on with freed memory where one was left in it. And the timers of a wsi that it means to cancel.
//
// Limits:  kTimers at a time, kMaxTimersTold events; beyond that, one event says that no more are told. A timer that is taken out of the
//          list by hand is not seen to be.
// Threads: any.
// Cost:    a load where the application has no timers, as lws itself cancels many; else a hash and up to eight loads; a dladdr() for a timer
//          that was not seen before.
#ifndef WSITRACE_PROBE_TIMERS_H
#define WSITRACE_PROBE_TIMERS_H

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <libwebsockets.h>

namespace wsitrace {

inline constexpr size_t kTimers = 256;  // a power of two
inline constexpr unsigned kMaxTimersTold = 512;
inline constexpr unsigned kMaxCancelsTold = 64;  // of wsis

// lws_sul_schedule() is called for TIMER, whose callback is the application's, to be due after US.
void timer_set(const void *timer, int64_t us) noexcept;
[[gnu::noinline]] void known_timer_cancelled(const void *timer) noexcept;
extern constinit std::atomic<unsigned> g_timers_known;  // NOLINT(bugprone-dynamic-static-initializers)
inline void timer_cancelled(const void *timer) noexcept {
  if (g_timers_known.load(std::memory_order_relaxed) != 0) [[unlikely]]
    known_timer_cancelled(timer);
}
// lws_set_timer_usecs(WSI, LWS_SET_TIMER_USEC_CANCEL).
void wsi_timer_cancelled(lws *wsi) noexcept;

}  // namespace wsitrace

#endif
