// SPDX-License-Identifier: MIT
#include "agent/probe/spins.h"

#include "wsitrace/event.h"

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

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
thread_local OwnSpin t_spin __attribute__((tls_model("initial-exec")));

constexpr uint32_t kFew = kRound / 8;
constexpr uint32_t kOverMs = 10'000;  // a round that took so long is no part of a spin that was before

bool is_idle(const OwnSpin &round, SpinHow how) noexcept {
  return round.worked < kFew && (how == kAsksAgain || round.eager >= kRound - kFew);
}

void tell(OwnSpin &spin, SpinHow how) noexcept {
  spin.told_ms = spin.spun.lasted_ms;
  if (!is_on()) return;
  const ErrnoGuard guard;
  record_spin(how == kAsksAgain ? reinterpret_cast<const void *>(spin.who) : nullptr, how, spin.spun);
}

// kRound turns, or requests without a turn, have gone by.
[[gnu::noinline]] void end_round(SpinHow how) noexcept {
  OwnSpin &spin = t_spin;
  const auto now_ms = static_cast<uint32_t>(coarse_ms());
  const uint32_t took_ms = spin.round_ms != 0 ? now_ms - spin.round_ms : kOverMs;
  SpinFacts &spun = spin.spun;
  if (!is_idle(spin, how) || took_ms >= kOverMs) {
    spun = {};
    spin.told_ms = 0;
  } else if (took_ms <= kSlowRoundMs) {
    // A slower one may have had to wait for the processor: it neither counts nor ends anything.
    spun.lasted_ms += took_ms;
    spun.turns += kRound;
    spun.worked += spin.worked;
    // When it has lasted a second, and then each time twice as long.
    if (spun.lasted_ms >= kFirstSpinMs && spun.lasted_ms / 2 >= spin.told_ms) tell(spin, how);
  }
  spin.turns = spin.eager = spin.asked = spin.worked = 0;
  spin.round_ms = now_ms;
}

}  // namespace

void note_turn(int timeout_ms) noexcept {
  t_spin.eager += timeout_ms < 0 ? 1 : 0;
  if (++t_spin.turns == kRound) [[unlikely]]
    end_round(t_spin.asked >= kRound - kFew ? kAsksAgain : kNeverWaits);
}

void note_ask(const void *wsi) noexcept {
  t_spin.who = reinterpret_cast<uintptr_t>(wsi);
  if (++t_spin.asked == kRound && t_spin.turns == 0) [[unlikely]]
    end_round(kAsksAgain);
}

void note_work() noexcept { ++t_spin.worked; }

}  // namespace wsitrace
