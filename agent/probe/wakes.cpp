// SPDX-License-Identifier: MIT
#include "agent/probe/wakes.h"

#include <atomic>

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

constexpr uintptr_t kBeingFilled = 1;

struct Wake {
  std::atomic<uintptr_t> wsi;  // 0: free
  std::atomic<uintptr_t> caller;
  std::atomic<uint64_t> since_ns;
};
Wake g_wakes[kWakeSlots];

Wake &wake_of(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_wakes[(address >> 4 ^ address >> 12) % kWakeSlots];
}

}  // namespace

namespace wakes {

uintptr_t loop_thread = 0;
unsigned pending = 0;

void remember(const void *wsi) noexcept {
  const ErrnoGuard guard;
  Wake &wake = wake_of(wsi);
  uintptr_t free = 0;
  if (!wake.wsi.compare_exchange_strong(free, kBeingFilled, std::memory_order_acquire)) return;
  wake.caller.store(this_thread(), std::memory_order_relaxed);
  wake.since_ns.store(monotonic_ns(), std::memory_order_relaxed);
  wake.wsi.store(reinterpret_cast<uintptr_t>(wsi), std::memory_order_release);
  __atomic_fetch_add(&pending, 1, __ATOMIC_RELAXED);
}

int take(const void *wsi) noexcept {
  Wake &wake = wake_of(wsi);
  if (wake.wsi.load(std::memory_order_acquire) != reinterpret_cast<uintptr_t>(wsi)) return 0;
  const uintptr_t caller = wake.caller.load(std::memory_order_relaxed);
  const uint64_t waited_ns = monotonic_ns() - wake.since_ns.load(std::memory_order_relaxed);
  __atomic_fetch_sub(&pending, 1, __ATOMIC_RELAXED);
  wake.wsi.store(0, std::memory_order_release);
  return caller == this_thread() || waited_ns < kLateNs ? 0 : static_cast<int>(waited_ns / 1'000'000);
}

}  // namespace wakes
}  // namespace wsitrace
