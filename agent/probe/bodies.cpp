// SPDX-License-Identifier: MIT
#include "agent/probe/bodies.h"

#include <atomic>

#include "agent/probe/record.h"

namespace wsitrace {
namespace {

constexpr size_t kBodySlots = 256;  // a power of two

std::atomic<uintptr_t> g_unbegun[kBodySlots];
std::atomic<uint32_t> g_unbegun_count{0};

std::atomic<uintptr_t> &unbegun(const lws *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return g_unbegun[(address >> 4 ^ address >> 12) % kBodySlots];
}

// True if it was there.
bool forget_unbegun(const lws *wsi) noexcept {
  auto address = reinterpret_cast<uintptr_t>(wsi);
  if (!unbegun(wsi).compare_exchange_strong(address, 0, std::memory_order_relaxed)) return false;
  g_unbegun_count.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void remember_unbegun(const lws *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  if (unbegun(wsi).exchange(address, std::memory_order_relaxed) == 0)
    g_unbegun_count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void body_is_pending(lws *wsi, bool more) noexcept {
  if (more) remember_unbegun(wsi);
  else forget_unbegun(wsi);
  record_about(k_body_pending, wsi, more ? kBodyAnnounced : kBodyWhole, nullptr);
}

void body_was_written(lws *wsi) noexcept {
  if (g_unbegun_count.load(std::memory_order_relaxed) == 0) [[likely]]
    return;
  if (forget_unbegun(wsi)) record_about(k_body_pending, wsi, kBodyBegun, nullptr);
}

}  // namespace wsitrace
