// SPDX-License-Identifier: MIT
#include "agent/probe/timeouts.h"

#include <atomic>

#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr int kKillSync = -2;  // LWS_TO_KILL_SYNC

struct Pending {
  std::atomic<uintptr_t> wsi;
  std::atomic<int32_t> value;
  std::atomic<uint8_t> flags;    // kOfProgram, kAtOnce
  std::atomic<uint32_t> set_ms;  // 0: unknown
};
constexpr uint8_t kOfProgram = 1, kAtOnce = 2;
constinit Pending g_pending[kTimeoutSlots]{};

Pending &slot_of(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_pending[(address >> 4 ^ address >> 18) % kTimeoutSlots];
}

}  // namespace

void remember_timeout(const void *wsi, int reason, int seconds, bool of_program, uint32_t now_ms) noexcept {
  Pending &pending = slot_of(wsi);
  const bool is_none = reason == 0 && seconds <= 0;
  pending.value.store(is_none ? 0 : pending_timeout_value(reason, seconds), std::memory_order_relaxed);
  pending.flags.store(static_cast<uint8_t>((of_program ? kOfProgram : 0) | (seconds == kKillSync ? kAtOnce : 0)),
                      std::memory_order_relaxed);
  pending.set_ms.store(now_ms, std::memory_order_relaxed);
  pending.wsi.store(reinterpret_cast<uintptr_t>(wsi), std::memory_order_relaxed);
}

PendingTimeout take_timeout(const void *wsi) noexcept {
  Pending &pending = slot_of(wsi);
  if (pending.wsi.load(std::memory_order_relaxed) != reinterpret_cast<uintptr_t>(wsi)) return {};
  pending.wsi.store(0, std::memory_order_relaxed);
  const int32_t value = pending.value.load(std::memory_order_relaxed);
  if (value == 0) return {};
  const uint8_t flags = pending.flags.load(std::memory_order_relaxed);
  return {value, (flags & kOfProgram) != 0, (flags & kAtOnce) != 0, pending.set_ms.load(std::memory_order_relaxed)};
}

}  // namespace wsitrace
