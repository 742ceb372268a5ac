// SPDX-License-Identifier: MIT
#include "agent/probe/spins.h"

#include <poll.h>
#include <sys/ioctl.h>

#include "wsitrace/event.h"

#include "agent/base/clock.h"
#include "agent/lws/callbacks.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/wakes.h"

namespace wsitrace {
namespace {

constexpr int32_t kNoReason = 0;
constexpr int kNotSampled = -2, kUncountable = -1;  // of waiting_before()

// What is known of one round of turns.
struct Round {
  uint32_t turns = 0;    // of the loop, and
  uint32_t eager = 0;    // those of them with a negative timeout
  uint32_t asked = 0;    // for WRITEABLE
  uint32_t worked = 0;   // reads, accepts and writes
  uint32_t timers = 0;   // that were due at once
  uint32_t woken = 0;    // callbacks, from here on: EVENT_WAIT_CANCELLED
  uint32_t told = 0;     // others
  uint32_t same = 0;     // of those, RAW_RX_FILE of `ready`
  uint32_t sampled = 0;  // of those, and
  uint32_t unread = 0;   // that had not read
  uintptr_t ready = 0;
};
struct OwnSpin {
  Round round;
  uintptr_t who = 0;        // asked for WRITEABLE of it last
  uint32_t round_ms = 0;    // when this round began; 0: not known
  uint32_t told_ms = 0;     // of spun.lasted_ms
  bool looks = false;       // at callbacks
  int32_t how = kNoReason;  // in the rounds before this one, SpinHow
  SpinFacts spun{};         // likewise
};
thread_local OwnSpin t_spin __attribute__((tls_model("initial-exec")));

constexpr uint32_t kFew = kRound / 8;
constexpr uint32_t kNearlyAll = kRound - kFew;
constexpr uint32_t kOverMs = 10'000;  // a round that took so long is no part of a spin that was before

// Every protocol of a vhost is told of a wake-up.
int32_t reason_of(const Round &round, bool looked) noexcept {
  if (round.asked >= kNearlyAll) return kAsksAgain;
  if (round.eager >= kNearlyAll) return kNeverWaits;
  if (round.woken >= kNearlyAll) return kIsWoken;
  if (round.same >= kNearlyAll && round.sampled > 0 && round.unread == round.sampled) return kStaysReady;
  if (round.timers >= kNearlyAll || (looked && round.timers > 0 && round.told < kFew && round.woken < kFew))
    return kTimersDue;
  return kNoReason;
}

const void *culprit_of(const OwnSpin &spin) noexcept {
  if (spin.how == kAsksAgain) return reinterpret_cast<const void *>(spin.who);
  return spin.how == kStaysReady ? reinterpret_cast<const void *>(spin.round.ready) : nullptr;
}

void tell(OwnSpin &spin) noexcept {
  spin.told_ms = spin.spun.lasted_ms;
  if (!is_on()) return;
  const ErrnoGuard guard;
  spin.spun.callback = spin.how == kStaysReady ? uint32_t{k_RAW_RX_FILE} : 0;
  record_spin(culprit_of(spin), spin.how, spin.spun);
}

void look(OwnSpin &spin, bool at_callbacks) noexcept {
  if (spin.looks == at_callbacks) return;
  spin.looks = at_callbacks;
  watch_callbacks(at_callbacks);
}

void forget(OwnSpin &spin) noexcept {
  spin.spun = {};
  spin.told_ms = 0;
}

// kRound turns, or requests without a turn, have gone by.
[[gnu::noinline]] void end_round() noexcept {
  OwnSpin &spin = t_spin;
  const auto now_ms = static_cast<uint32_t>(coarse_ms());
  const uint32_t took_ms = spin.round_ms != 0 ? now_ms - spin.round_ms : kOverMs;
  const bool is_idle = spin.round.worked < kFew && took_ms < kOverMs;
  const int32_t how = is_idle ? reason_of(spin.round, spin.looks) : kNoReason;
  if (how != spin.how || how == kNoReason) forget(spin);
  spin.how = how;
  // A slower one may have had to wait for the processor: it neither counts nor ends anything.
  if (how != kNoReason && took_ms <= kSlowRoundMs) {
    SpinFacts &spun = spin.spun;
    spun.lasted_ms += took_ms;
    spun.turns += kRound;
    spun.worked += spin.round.worked;
    // When it has lasted a second, and then each time twice as long.
    if (spun.lasted_ms >= kFirstSpinMs && spun.lasted_ms / 2 >= spin.told_ms) tell(spin);
  }
  look(spin, is_idle && took_ms <= kSlowRoundMs && how != kAsksAgain && how != kNeverWaits);
  spin.round = {};
  spin.round_ms = now_ms;
}

// In bytes; kUncountable where the kind of descriptor has no such number.
int waiting_at(int fd) noexcept {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : kUncountable;
}

bool is_still_ready(int fd, int waiting) noexcept {
  pollfd here = {fd, POLLIN, 0};
  if (poll(&here, 1, 0) <= 0 || (here.revents & POLLIN) == 0) return false;
  return waiting <= 0 || waiting_at(fd) >= waiting;
}

}  // namespace

void note_turn(int timeout_ms) noexcept {
  t_spin.round.eager += timeout_ms < 0 ? 1 : 0;
  if (++t_spin.round.turns == kRound) [[unlikely]]
    end_round();
}

void note_ask(const void *wsi) noexcept {
  t_spin.who = reinterpret_cast<uintptr_t>(wsi);
  if (++t_spin.round.asked == kRound && t_spin.round.turns == 0) [[unlikely]]
    end_round();
}

void note_timer(int64_t us) noexcept { t_spin.round.timers += us >= 0 && us <= kShortTimerUs ? 1 : 0; }

void note_work() noexcept { ++t_spin.round.worked; }

bool looks_at_callbacks() noexcept { return t_spin.looks; }

int waiting_before(int fd) noexcept {
  if (fd < 0 || t_spin.round.same % kSampled != 0) return kNotSampled;
  const ErrnoGuard guard;
  return waiting_at(fd);
}

void note_callback(const void *wsi, int reason, int fd, int waiting) noexcept {
  Round &round = t_spin.round;
  if (reason == k_EVENT_WAIT_CANCELLED) {
    ++round.woken;
    return;
  }
  if (reason == k_TIMER) return note_timer(0);
  ++round.told;
  if (reason != k_RAW_RX_FILE) return;
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  if (round.ready != address) {
    if (round.same > 0) return;
    round.ready = address;
  }
  ++round.same;
  if (waiting == kNotSampled) return;
  const ErrnoGuard guard;
  ++round.sampled;
  round.unread += is_still_ready(fd, waiting) ? 1 : 0;
}

}  // namespace wsitrace
