// SPDX-License-Identifier: MIT
#include "agent/probe/contexts.h"

#include <atomic>
#include <cstdint>

#include "agent/probe/descriptors.h"

namespace wsitrace {
namespace {

std::atomic<uintptr_t> g_contexts[kKnownContexts];
std::atomic<bool> g_contexts_full{false};

bool is_known_context(uintptr_t context) noexcept {
  for (const auto &known : g_contexts) {
    const uintptr_t here = known.load(std::memory_order_relaxed);
    if (here == context) return true;
    if (here == 0) break;
  }
  return g_contexts_full.load(std::memory_order_relaxed);
}

}  // namespace

void context_seen(const void *context) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(context);
  if (context == nullptr || is_known_context(address)) return;
  for (auto &known : g_contexts) {
    uintptr_t free = 0;
    if (known.compare_exchange_strong(free, address, std::memory_order_relaxed)) return;
  }
  g_contexts_full.store(true, std::memory_order_relaxed);
}

bool is_unseen_context(const void *context) noexcept {
  return context != nullptr && !is_making_context() && !is_known_context(reinterpret_cast<uintptr_t>(context));
}

}  // namespace wsitrace
