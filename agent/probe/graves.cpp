// SPDX-License-Identifier: MIT
#include "agent/probe/graves.h"

#include <atomic>
#include <cstdint>

namespace wsitrace {
namespace {

std::atomic<uintptr_t> g_graves[kGraves];

std::atomic<uintptr_t> &grave_of(uintptr_t address) noexcept {
  return g_graves[(address >> 4 ^ address >> 16) % kGraves];
}

}  // namespace

void bury(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  grave_of(address).store(address, std::memory_order_relaxed);
}

void unbury(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  std::atomic<uintptr_t> &grave = grave_of(address);
  if (grave.load(std::memory_order_relaxed) == address) grave.store(0, std::memory_order_relaxed);
}

bool is_buried(const void *wsi) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  return grave_of(address).load(std::memory_order_relaxed) == address;
}

}  // namespace wsitrace
