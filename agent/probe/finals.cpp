// SPDX-License-Identifier: MIT
#include "agent/probe/finals.h"

#include <atomic>
#include <cstdint>
#include <ctime>

namespace wsitrace {
namespace {

struct Final {
  std::atomic<uintptr_t> wsi;
  std::atomic<uint64_t> written_ms;
};
Final g_finals[kFinalSlots];

Final &final_of(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_finals[(address >> 4 ^ address >> 16) % kFinalSlots];
}

uint64_t written_clock_ms() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

void remember_final(const void *wsi) noexcept {
  Final &final = final_of(wsi);
  final.written_ms.store(written_clock_ms(), std::memory_order_relaxed);
  final.wsi.store(reinterpret_cast<uintptr_t>(wsi), std::memory_order_relaxed);
}

void forget_final(const void *wsi) noexcept {
  Final &final = final_of(wsi);
  if (final.wsi.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(wsi))
    final.wsi.store(0, std::memory_order_relaxed);
}

int take_final(const void *wsi) noexcept {
  Final &final = final_of(wsi);
  if (final.wsi.load(std::memory_order_relaxed) != reinterpret_cast<uintptr_t>(wsi)) return -1;
  final.wsi.store(0, std::memory_order_relaxed);
  const uint64_t ago_ms = written_clock_ms() - final.written_ms.load(std::memory_order_relaxed);
  return ago_ms < INT32_MAX ? static_cast<int>(ago_ms) : INT32_MAX;
}

}  // namespace wsitrace
