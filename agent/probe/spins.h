// SPDX-License-Identifier: MIT
//
// An event loop that never sleeps: it turns tens of thousands of times in a second, and in hardly any of these turns something is read,
// accepted or written. Two ways to that are known by the calls that the program makes: WRITEABLE asked for again and again, also in loops that
// lws_service() does not run, and lws_service() with a negative timeout, which never waits.
//
// Limits:  a descriptor that stays ready (a file that the program does not read to its end) makes a loop spin, too, and is not seen here.
// Threads: any; each has counters of its own.
// Cost:    an addition or two for each turn, read, write and request for WRITEABLE; a coarse clock read for kRound of them.
#ifndef WSITRACE_PROBE_SPINS_H
#define WSITRACE_PROBE_SPINS_H

#include <cstdint>

namespace wsitrace {

inline constexpr uint32_t kRound = 4096;
inline constexpr uint32_t kSlowRoundMs = 250;  // a loop that sleeps, however shortly, takes longer
inline constexpr uint32_t kFirstSpinMs = 1000;

// lws_service(..., TIMEOUT_MS) has returned.
void note_turn(int timeout_ms) noexcept;
// The application asked for WRITEABLE of WSI.
void note_ask(const void *wsi) noexcept;
// Something was read, accepted or written.
void note_work() noexcept;

}  // namespace wsitrace

#endif
