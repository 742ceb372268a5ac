// SPDX-License-Identifier: MIT
#include "agent/probe/timeouts.h"

#include <atomic>

#include "wsitrace/event.h"

namespace wsitrace {
namespace {

struct Pending {
  std::atomic<uintptr_t> wsi;
  std::atomic<int32_t> value;
};
Pending g_pending[kTimeoutSlots];

Pending &slot_of(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_pending[(address >> 4 ^ address >> 18) % kTimeoutSlots];
}

}  // namespace

void remember_timeout(const void *wsi, int reason, int seconds) noexcept {
  Pending &pending = slot_of(wsi);
  pending.value.store(reason == 0 && seconds <= 0 ? 0 : pending_timeout_value(reason, seconds),
                      std::memory_order_relaxed);
  pending.wsi.store(reinterpret_cast<uintptr_t>(wsi), std::memory_order_relaxed);
}

int32_t take_timeout(const void *wsi) noexcept {
  Pending &pending = slot_of(wsi);
  if (pending.wsi.load(std::memory_order_relaxed) != reinterpret_cast<uintptr_t>(wsi)) return 0;
  pending.wsi.store(0, std::memory_order_relaxed);
  return pending.value.load(std::memory_order_relaxed);
}

}  // namespace wsitrace
