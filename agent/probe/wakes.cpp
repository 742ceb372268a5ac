// SPDX-License-Identifier: MIT
#include "agent/probe/wakes.h"

#include <atomic>

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"

namespace wsitrace {
namespace {

constexpr uintptr_t kBeingFilled = 1;

struct Wake {
  std::atomic<uintptr_t> wsi;  // 0: free
  std::atomic<uintptr_t> caller;
  std::atomic<uint64_t> since_ns;
  std::atomic<bool> by_loop;
};
constinit Wake g_wakes[kWakeSlots]{};
std::atomic<unsigned> g_pending_wakes{0};
std::atomic<uintptr_t> g_loop_thread{0};  // 0: none yet

Wake &wake_of(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_wakes[(address >> 4 ^ address >> 12) % kWakeSlots];
}

[[gnu::noinline]] void remember_wake(const void *wsi, bool by_loop) noexcept {
  const ErrnoGuard guard;
  Wake &wake = wake_of(wsi);
  uintptr_t free = 0;
  if (!wake.wsi.compare_exchange_strong(free, kBeingFilled, std::memory_order_acquire)) return;
  wake.caller.store(own_thread(), std::memory_order_relaxed);
  wake.by_loop.store(by_loop, std::memory_order_relaxed);
  wake.since_ns.store(monotonic_ns(), std::memory_order_relaxed);
  wake.wsi.store(reinterpret_cast<uintptr_t>(wsi), std::memory_order_release);
  g_pending_wakes.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void note_loop_thread() noexcept {
  const uintptr_t thread = own_thread();
  if (g_loop_thread.load(std::memory_order_relaxed) != thread) g_loop_thread.store(thread, std::memory_order_relaxed);
}

bool note_wake(const void *wsi, bool by_loop) noexcept {
  const uintptr_t loop = g_loop_thread.load(std::memory_order_relaxed);
  if (loop == 0 || loop == own_thread()) [[likely]]
    return true;
  remember_wake(wsi, by_loop);
  return by_loop;
}

void watch_callbacks(bool on) noexcept {
  if (on) g_pending_wakes.fetch_add(1, std::memory_order_relaxed);
  else g_pending_wakes.fetch_sub(1, std::memory_order_relaxed);
}

bool wakes_are_pending() noexcept { return g_pending_wakes.load(std::memory_order_relaxed) != 0; }

int take_wake(const void *wsi, bool destroyed) noexcept {
  Wake &wake = wake_of(wsi);
  if (wake.wsi.load(std::memory_order_acquire) != reinterpret_cast<uintptr_t>(wsi)) return 0;
  const uintptr_t caller = wake.caller.load(std::memory_order_relaxed);
  const uint64_t waited_ns = monotonic_ns() - wake.since_ns.load(std::memory_order_relaxed);
  const bool is_known = caller == own_thread() || (destroyed && wake.by_loop.load(std::memory_order_relaxed));
  g_pending_wakes.fetch_sub(1, std::memory_order_relaxed);
  wake.wsi.store(0, std::memory_order_release);
  return is_known || waited_ns < kLateNs ? 0 : static_cast<int>(waited_ns / 1'000'000);
}

}  // namespace wsitrace
