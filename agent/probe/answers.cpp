// SPDX-License-Identifier: MIT
#include "agent/probe/answers.h"

#include <atomic>
#include <cstdint>

namespace wsitrace {
namespace {

std::atomic<uintptr_t> g_reading[kAnswerSlots];

std::atomic<uintptr_t> &reading(const lws *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_reading[(address >> 4 ^ address >> 12) % kAnswerSlots];
}

}  // namespace

bool is_first_read(const lws *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  if (reading(wsi).load(std::memory_order_relaxed) == address) return false;
  reading(wsi).store(address, std::memory_order_relaxed);
  return true;
}

void forget_answer(const lws *wsi) noexcept {
  if (reading(wsi).load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(wsi))
    reading(wsi).store(0, std::memory_order_relaxed);
}

}  // namespace wsitrace
