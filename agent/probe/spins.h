// SPDX-License-Identifier: MIT
//
// An event loop that never sleeps: it turns tens of thousands of times in a second, and in hardly any of these turns something is read,
// accepted or written. Why, is known by the calls that the program makes: WRITEABLE asked for again and again, also in loops that
// lws_service() does not run; lws_service() with a negative timeout, which never waits; timers that are due at once. Where it is none of these, the
// callbacks of the next rounds are looked at: one that is woken in each turn, or told that a file is ready and does not read it.
//
// Limits:  the last two only of loops that lws_service() runs.
// Threads: any; each has counters of its own.
// Cost:    an addition or two for each turn, read, write, timer and request for WRITEABLE; a coarse clock read for kRound of them. While a loop
//          spins for no reason that is known yet, each callback is looked at, and of some of them the descriptor (three syscalls).
#ifndef WSITRACE_PROBE_SPINS_H
#define WSITRACE_PROBE_SPINS_H

#include <cstdint>

namespace wsitrace {

inline constexpr uint32_t kRound = 4096;
inline constexpr uint32_t kSlowRoundMs = 250;  // a loop that sleeps, however shortly, takes longer
inline constexpr uint32_t kFirstSpinMs = 1000;
inline constexpr uint32_t kSampled = 256;       // one callback of so many has its descriptor looked at
inline constexpr int64_t kShortTimerUs = 1000;  // lws waits in milliseconds: for less it does not sleep

// lws_service(..., TIMEOUT_MS) has returned.
void note_turn(int timeout_ms) noexcept;
// The application asked for WRITEABLE of WSI.
void note_ask(const void *wsi) noexcept;
// A timer was set, to be due after US.
void note_timer(int64_t us) noexcept;
// Something was read, accepted or written.
void note_work() noexcept;

// Of the callback REASON about WSI, whose descriptor is FD: what waits there before, and whether it still does after. Between the two, only
// while callbacks are looked at on this thread.
bool looks_at_callbacks() noexcept;
int waiting_before(int fd) noexcept;
void note_callback(const void *wsi, int reason, int fd, int waiting) noexcept;

}  // namespace wsitrace

#endif
