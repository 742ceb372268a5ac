// SPDX-License-Identifier: MIT
#include "agent/probe/callers.h"

#include <dlfcn.h>

#include <cstring>

#include "agent/probe/errno_guard.h"

namespace wsitrace {

constinit CodeRange g_lws_code{};

namespace {

// The address, doubled, and one more for lws: both are known, or neither is.
std::atomic<uintptr_t> g_callers[kCallers];

// All that is mapped of the object that CALLER is in. Takes no lock.
void remember_range(const void *caller) noexcept {
  dl_find_object object;
  if (g_lws_code.bytes.load(std::memory_order_relaxed) != 0) return;
  if (_dl_find_object(const_cast<void *>(caller), &object) != 0) return;
  const auto begin = reinterpret_cast<uintptr_t>(object.dlfo_map_start);
  g_lws_code.begin.store(begin, std::memory_order_relaxed);
  g_lws_code.bytes.store(reinterpret_cast<uintptr_t>(object.dlfo_map_end) - begin, std::memory_order_release);
}

[[gnu::noinline]] bool find_out(const void *caller) noexcept {
  const ErrnoGuard guard;
  Dl_info found;
  if (dladdr(caller, &found) == 0 || found.dli_fname == nullptr) return true;
  const char *name = std::strrchr(found.dli_fname, '/');
  if (std::strstr(name != nullptr ? name : found.dli_fname, "libwebsockets") == nullptr) return false;
  remember_range(caller);
  return true;
}

}  // namespace

bool may_be_code_of_lws(const void *caller) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  std::atomic<uintptr_t> &known = g_callers[(address ^ address >> 10) % kCallers];
  const uintptr_t row = known.load(std::memory_order_relaxed);
  if (row >> 1 == address) return (row & 1) != 0;
  const bool is_of_lws = find_out(caller);
  known.store(address << 1 | static_cast<uintptr_t>(is_of_lws), std::memory_order_relaxed);
  return is_of_lws;
}

void forget_callers() noexcept {
  g_lws_code.bytes.store(0, std::memory_order_relaxed);
  for (std::atomic<uintptr_t> &known : g_callers) known.store(0, std::memory_order_relaxed);
}

}  // namespace wsitrace
