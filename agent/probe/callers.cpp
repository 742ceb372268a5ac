// SPDX-License-Identifier: MIT
#include "agent/probe/callers.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

// The address, doubled, and one more for lws: both are known, or neither is.
std::atomic<uintptr_t> g_callers[kCallers];

[[gnu::noinline]] bool find_out(const void *caller) noexcept {
  const ErrnoGuard guard;
  Dl_info found;
  if (dladdr(caller, &found) == 0 || found.dli_fname == nullptr) return true;
  const char *name = std::strrchr(found.dli_fname, '/');
  return std::strstr(name != nullptr ? name : found.dli_fname, "libwebsockets") != nullptr;
}

}  // namespace

bool is_code_of_lws(const void *caller) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  std::atomic<uintptr_t> &known = g_callers[(address ^ address >> 10) % kCallers];
  const uintptr_t row = known.load(std::memory_order_relaxed);
  if (row >> 1 == address) return (row & 1) != 0;
  const bool is_of_lws = find_out(caller);
  known.store(address << 1 | static_cast<uintptr_t>(is_of_lws), std::memory_order_relaxed);
  return is_of_lws;
}

void forget_callers() noexcept {
  for (std::atomic<uintptr_t> &known : g_callers) known.store(0, std::memory_order_relaxed);
}

}  // namespace wsitrace
