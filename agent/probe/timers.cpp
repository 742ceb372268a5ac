// SPDX-License-Identifier: MIT
#include "agent/probe/timers.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>

#include "wsitrace/event.h"

#include "agent/probe/errno_guard.h"
#include "agent/probe/graves.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {

constinit std::atomic<unsigned> g_timers_known{0};

namespace {

enum TimerTold : uint8_t { kTimerNotTold, kTimerOnce, kTimerTwice, kTimerStatic };
struct OwnTimer {
  std::atomic<uintptr_t> at;  // 0: free
  std::atomic<uint8_t> told;
};
constinit OwnTimer g_timers[kTimers]{};
std::atomic<unsigned> g_timers_told{0}, g_cancels_told{0};
constexpr size_t kTimerSteps = 8;

size_t start_of_timer(uintptr_t timer) noexcept { return (timer >> 4 ^ timer >> 16) % kTimers; }

OwnTimer *find_timer(uintptr_t timer) noexcept {
  for (size_t i = 0, at = start_of_timer(timer); i < kTimerSteps; ++i, at = (at + 1) % kTimers)
    if (g_timers[at].at.load(std::memory_order_relaxed) == timer) return &g_timers[at];
  return nullptr;
}

OwnTimer *claim_timer(uintptr_t timer) noexcept {
  for (size_t i = 0, at = start_of_timer(timer); i < kTimerSteps; ++i, at = (at + 1) % kTimers) {
    uintptr_t free = 0;
    if (!g_timers[at].at.compare_exchange_strong(free, timer, std::memory_order_relaxed)) continue;
    g_timers[at].told.store(kTimerNotTold, std::memory_order_relaxed);
    g_timers_known.fetch_add(1, std::memory_order_relaxed);
    return &g_timers[at];
  }
  return nullptr;
}

bool tells_timers() noexcept { return g_timers_told.load(std::memory_order_relaxed) < kMaxTimersTold; }

void tell_no_more_timers() noexcept {
  if (g_timers_told.exchange(kMaxTimersTold, std::memory_order_relaxed) < kMaxTimersTold)
    record_own(k_timer_set, nullptr, 0, nullptr);
}

// False: this was the last.
bool count_timer_told() noexcept {
  if (g_timers_told.fetch_add(1, std::memory_order_relaxed) + 2 < kMaxTimersTold) return true;
  tell_no_more_timers();
  return false;
}

// What is part of a file that is mapped: its variables live as long as that.
bool is_static_timer(const void *timer) noexcept {
  Dl_info info;
  return dladdr(timer, &info) != 0;
}

[[gnu::noinline]] void tell_timer(OwnTimer *known, const void *timer, int64_t us) noexcept {
  constexpr int64_t kUsPerMs = 1000;
  const ErrnoGuard guard;
  if (!is_on() || !tells_timers()) return;
  if (known == nullptr) known = claim_timer(reinterpret_cast<uintptr_t>(timer));
  if (known == nullptr) return tell_no_more_timers();
  const uint8_t told = known->told.load(std::memory_order_relaxed);
  if (told == kTimerNotTold && is_static_timer(timer))
    return known->told.store(kTimerStatic, std::memory_order_relaxed);
  if (!count_timer_told()) return;
  known->told.store(told == kTimerNotTold ? kTimerOnce : kTimerTwice, std::memory_order_relaxed);
  const auto due_ms = static_cast<int>(std::clamp<int64_t>(us / kUsPerMs, 0, INT32_MAX));
  record_timer(timer, due_ms, told != kTimerNotTold);
}

}  // namespace

void timer_set(const void *timer, int64_t us) noexcept {
  if (timer == nullptr || !tells_timers()) return;
  OwnTimer *known = find_timer(reinterpret_cast<uintptr_t>(timer));
  if (known != nullptr && known->told.load(std::memory_order_relaxed) >= kTimerTwice) [[likely]]
    return;
  tell_timer(known, timer, us);
}

void known_timer_cancelled(const void *timer) noexcept {
  if (timer == nullptr || !tells_timers()) return;
  OwnTimer *known = find_timer(reinterpret_cast<uintptr_t>(timer));
  if (known == nullptr || known->told.load(std::memory_order_relaxed) == kTimerStatic) return;
  const uintptr_t before = known->at.exchange(0, std::memory_order_relaxed);
  if (before != 0) g_timers_known.fetch_sub(1, std::memory_order_relaxed);
  const ErrnoGuard guard;
  if (is_on() && count_timer_told()) record_own(k_timer_cancelled, timer, 0, nullptr);
}

void wsi_timer_cancelled(lws *wsi) noexcept {
  if (wsi == nullptr || is_buried(wsi) || !is_on()) return;
  if (g_cancels_told.fetch_add(1, std::memory_order_relaxed) >= kMaxCancelsTold) return;
  const ErrnoGuard guard;
  record_own(k_wsi_timer_cancelled, wsi, 0, nullptr);
}

}  // namespace wsitrace
