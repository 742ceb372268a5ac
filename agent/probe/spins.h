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

#include "wsitrace/event.h"

namespace wsitrace {

inline constexpr uint32_t kRound = 4096;
inline constexpr uint32_t kSlowRoundMs = 250;  // a loop that sleeps, however shortly, takes longer
inline constexpr uint32_t kFirstSpinMs = 1000;

struct OwnSpin {
  uint32_t turns = 0;     // of the loop, and
  uint32_t eager = 0;     // those of them with a negative timeout
  uint32_t asked = 0;     // for WRITEABLE
  uint32_t worked = 0;    // reads, accepts and writes
  uintptr_t who = 0;      // asked last
  uint32_t round_ms = 0;  // when this round began; 0: not known
  uint32_t told_ms = 0;   // of spun.lasted_ms
  SpinFacts spun{};       // in the rounds before this one
};
extern thread_local OwnSpin t_spin __attribute__((tls_model("initial-exec")));

// kRound turns, or requests without a turn, have gone by.
void end_round(SpinHow how) noexcept;

// lws_service(..., TIMEOUT_MS) has returned.
inline void note_turn(int timeout_ms) noexcept {
  t_spin.eager += timeout_ms < 0 ? 1 : 0;
  if (++t_spin.turns == kRound) [[unlikely]]
    end_round(t_spin.asked >= kRound - kRound / 8 ? kAsksAgain : kNeverWaits);
}
// The application asked for WRITEABLE of WSI.
inline void note_ask(const void *wsi) noexcept {
  t_spin.who = reinterpret_cast<uintptr_t>(wsi);
  if (++t_spin.asked == kRound && t_spin.turns == 0) [[unlikely]]
    end_round(kAsksAgain);
}
// Something was read, accepted or written.
inline void note_work() noexcept { ++t_spin.worked; }

}  // namespace wsitrace

#endif
