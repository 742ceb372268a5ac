// SPDX-License-Identifier: MIT
#include "agent/probe/uses.h"

#include <atomic>
#include <cstdint>

#include "wsitrace/event.h"

#include "agent/base/clock.h"
#include "agent/lws/callbacks.h"
#include "agent/probe/callers.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/graves.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

[[gnu::noinline]] void tell_use(const void *wsi, const char *call, const void *caller, int stand_in_of) noexcept {
  const ErrnoGuard guard;
  if (!is_on() || is_code_of_lws(caller)) return;
  if (host_state().dead_uses.fetch_add(1, std::memory_order_relaxed) >= kMaxUses) return;
  record_own(k_dead_wsi_used, wsi, stand_in_of, call);
}

// The last ones of each kind; lws uses the same memory again and again, or that of its stack.
struct StandIn {
  std::atomic<uintptr_t> wsi;
  int reason;
};
constinit StandIn g_stand_ins[] = {
    {{0}, k_EVENT_WAIT_CANCELLED}, {{0}, k_PROTOCOL_INIT}, {{0}, k_PROTOCOL_INIT}, {{0}, k_PROTOCOL_INIT}};

// Those of which the calling threads are in lws_context_destroy(); a program has few.
constexpr size_t kDying = 4;
std::atomic<uintptr_t> g_dying[kDying];

bool is_dying(const void *context) noexcept {
  for (const auto &dying : g_dying)
    if (dying.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(context)) return true;
  return false;
}

[[gnu::noinline]] void tell_context_use(const void *context, int how, const char *call) noexcept {
  const ErrnoGuard guard;
  if (!is_on() || host_state().dead_uses.fetch_add(1, std::memory_order_relaxed) >= kMaxUses) return;
  record_own(k_dead_context_used, context, how, call);
}

}  // namespace

void note_use(const void *wsi, const char *call, const void *caller) noexcept {
  if (wsi == nullptr || is_buried(wsi)) [[unlikely]]
    return tell_use(wsi, call, caller, 0);
  for (const StandIn &one : g_stand_ins)
    if (one.wsi.load(std::memory_order_relaxed) == reinterpret_cast<uintptr_t>(wsi)) [[unlikely]]
      return tell_use(wsi, call, caller, one.reason);
}

void note_stand_in(const void *wsi, int reason) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  uintptr_t moved = address;  // each moves on by one place, and the oldest out
  for (StandIn &one : g_stand_ins) {
    if (one.reason != reason) continue;
    moved = one.wsi.exchange(moved, std::memory_order_relaxed);
    if (moved == address) return;
  }
}

void context_dying(const void *context) noexcept {
  for (auto &dying : g_dying) {
    uintptr_t free = 0;
    if (dying.compare_exchange_strong(free, reinterpret_cast<uintptr_t>(context), std::memory_order_relaxed)) return;
  }
}

void context_died(const void *context) noexcept {
  for (auto &dying : g_dying) {
    uintptr_t here = reinterpret_cast<uintptr_t>(context);
    if (dying.compare_exchange_strong(here, 0, std::memory_order_relaxed)) break;
  }
  bury(context);
}

void context_lives(const void *context) noexcept { unbury(context); }

void note_context_use(const void *context, const char *call) noexcept {
  if (context == nullptr) return tell_context_use(context, kNoContext, call);
  if (is_buried(context)) [[unlikely]]
    return tell_context_use(context, kDestroyedContext, call);
  if (is_dying(context)) [[unlikely]]
    tell_context_use(context, kDyingContext, call);
}

void note_call_lasted(const void *wsi, const char *call, uint64_t since_ns) noexcept {
  const uint64_t lasted_ms = (monotonic_ns() - since_ns) / 1'000'000;
  if (lasted_ms < kLongCallMs || !is_on()) return;
  const ErrnoGuard guard;
  record_own(k_call_lasted, wsi, static_cast<int>(lasted_ms < INT32_MAX ? lasted_ms : INT32_MAX), call);
}

}  // namespace wsitrace
