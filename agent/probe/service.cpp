// SPDX-License-Identifier: MIT
#include "agent/probe/service.h"

#include <algorithm>
#include <atomic>

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/sockets.h"
#include "agent/probe/spins.h"

namespace wsitrace {
namespace {

constexpr int kOnAnotherThread = 1, kInCallback = 2;  // `value` of service_misused
constexpr int kMaxTold = 64;                          // of one turn
constexpr uint32_t kToldAll = 32;
constexpr uintptr_t kMostThreads = 64;  // of one context, more than lws has; a context is larger

// What a forked child inherits; the rest is in HostState.
struct Loop {
  std::atomic<uintptr_t> key;            // the context, + 1 + its service thread's number; 0: free
  std::atomic<uint32_t> left_ms;         // when the last call returned, or the context was made; 0: unknown
  std::atomic<uint32_t> first_asked_ms;  // the timeout of the first call, + 1; 0: there was none
};
constinit Loop g_loops[kLoops]{};

struct OwnService {
  uint32_t depth = 0;  // lws calls itself
  uint32_t calls = 0;  // of those that are looked at
  uint32_t begun_ms = 0;
  uint32_t pause_ms = 0;  // before this turn; 0: no long one
  int told = 0;           // of served_late, in this turn
};
thread_local OwnService t_service __attribute__((tls_model("initial-exec")));

uint32_t now_ms() noexcept { return static_cast<uint32_t>(coarse_ms()); }
uintptr_t key_of(const void *context, int tsi) noexcept {
  return reinterpret_cast<uintptr_t>(context) + static_cast<uintptr_t>(tsi + 1) % kMostThreads;
}

// Takes a place that is free, or one that nobody is in.
[[gnu::noinline]] size_t place_for(uintptr_t key) noexcept {
  for (const bool may_be_used : {false, true}) {
    for (size_t i = 0; i < kLoops; ++i) {
      uintptr_t here = g_loops[i].key.load(std::memory_order_relaxed);
      if (here == key) return i;
      if (here != 0 && (!may_be_used || host_state().loops[i].inside.load(std::memory_order_relaxed) != 0)) continue;
      if (!g_loops[i].key.compare_exchange_strong(here, key, std::memory_order_relaxed)) continue;
      g_loops[i].left_ms.store(0, std::memory_order_relaxed);
      g_loops[i].first_asked_ms.store(0, std::memory_order_relaxed);
      host_state().loops[i].told.store(0, std::memory_order_relaxed);
      return i;
    }
  }
  return kLoops;
}

size_t loop_of(const void *context, int tsi) noexcept {
  const uintptr_t key = key_of(context, tsi);
  for (size_t i = 0; i < kLoops; ++i) {
    const uintptr_t here = g_loops[i].key.load(std::memory_order_relaxed);
    if (here == key) [[likely]]
      return i;
    if (here == 0) break;
  }
  return place_for(key);
}

[[gnu::noinline]] void tell_misuse(OwnLoop &loop, const void *context, int how) noexcept {
  const unsigned bit = 1U << how;
  if ((loop.told.fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  const ErrnoGuard guard;
  record_own(k_service_misused, context, how, "lws_service");
}

[[gnu::noinline]] void tell_overslept(uint32_t lasted_ms, uint32_t asked_ms) noexcept {
  const ErrnoGuard guard;
  record_with(k_service_overslept, static_cast<int>(std::min<uint32_t>(lasted_ms, INT32_MAX)), kItemLasted, &asked_ms,
              sizeof asked_ms);
}

bool is_served_elsewhere(const void *context) noexcept {
  bool found = false;
  for (size_t i = 0; i < kLoops; ++i) {
    const uintptr_t key = g_loops[i].key.load(std::memory_order_relaxed);
    if (key - reinterpret_cast<uintptr_t>(context) >= kMostThreads) continue;
    const uintptr_t inside = host_state().loops[i].inside.load(std::memory_order_acquire);
    if (inside == own_thread()) return false;
    found = found || inside != 0;
  }
  return found;
}

[[gnu::noinline]] void tell_call(const void *wsi, const char *name) noexcept {
  const ErrnoGuard guard;
  const uint32_t count = host_state().foreign_calls.fetch_add(1, std::memory_order_relaxed) + 1;
  if (count <= kToldAll || (count & (count - 1)) == 0)
    record_own(k_foreign_call, wsi, static_cast<int>(std::min<uint32_t>(count, INT32_MAX)), name);
}

bool may_be_foreign() noexcept {
  return t_service.depth == 0 && t_service.calls == 0 && is_on() &&
         host_state().are_serving.load(std::memory_order_relaxed) != 0;
}

}  // namespace

void loop_may_begin(const void *context) noexcept {
  if (!is_on()) return;
  const size_t at = loop_of(context, kOnlyThread);
  if (at == kLoops) return;
  g_loops[at].left_ms.store(now_ms(), std::memory_order_relaxed);
  host_state().loops[at].told.store(0, std::memory_order_relaxed);
}

void service_begins(const void *context, int timeout_ms, int tsi) noexcept {
  if (!is_on()) return;
  HostState &state = host_state();
  const uint32_t begun_ms = now_ms();
  if (t_service.depth++ == 0) {
    t_service.begun_ms = begun_ms;
    state.are_serving.fetch_add(1, std::memory_order_relaxed);
  }
  const size_t at = loop_of(context, tsi);
  if (at == kLoops) return;
  if (g_loops[at].first_asked_ms.load(std::memory_order_relaxed) == 0) [[unlikely]]
    g_loops[at].first_asked_ms.store(static_cast<uint32_t>(std::max(timeout_ms, 0)) + 1, std::memory_order_relaxed);
  const uintptr_t other = state.loops[at].inside.exchange(own_thread(), std::memory_order_acq_rel);
  if (tsi != kOnlyThread) return;
  if (other != 0) [[unlikely]]
    return tell_misuse(state.loops[at], context, other == own_thread() ? kInCallback : kOnAnotherThread);
  const uint32_t left_ms = g_loops[at].left_ms.load(std::memory_order_relaxed);
  const uint32_t pause_ms = begun_ms - left_ms;
  if (left_ms == 0 || pause_ms < kPauseMs || pause_ms > INT32_MAX) [[likely]]
    return;
  t_service.pause_ms = pause_ms;
  t_service.told = 0;
}

// A child that was forked in between finds zeros in the state.
void note_service_thread(const void *context, int tsi, int count) noexcept {
  if ((tsi >= 0 && tsi < count) || count <= 0 || !is_on()) [[likely]]
    return;
  static std::atomic<uint32_t> told{0};  // a bit for each number, the last for all above
  constexpr int kLastBit = 31;
  const uint32_t bit = 1U << (tsi < 0 || tsi > kLastBit ? kLastBit : tsi);
  if ((told.fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  const ErrnoGuard guard;
  record_own(k_service_misused, context, service_tsi_value(tsi, count), "lws_service_tsi");
}

void service_ends(const void *context, int timeout_ms, int tsi) noexcept {
  if (t_service.depth == 0) return;
  HostState &state = host_state();
  const uint32_t ended_ms = now_ms();
  t_service.pause_ms = 0;
  if (const size_t at = loop_of(context, tsi); at != kLoops) {
    g_loops[at].left_ms.store(ended_ms, std::memory_order_relaxed);
    state.loops[at].inside.store(0, std::memory_order_release);
  }
  if (--t_service.depth > 0) return;
  note_turn(timeout_ms);
  state.service_left_ms.store(ended_ms, std::memory_order_relaxed);
  if (state.are_serving.load(std::memory_order_relaxed) != 0) state.are_serving.fetch_sub(1, std::memory_order_relaxed);
  const uint32_t lasted_ms = ended_ms - t_service.begun_ms;
  if (timeout_ms > 0 && lasted_ms >= kOversleptMs && lasted_ms > 2 * static_cast<uint32_t>(timeout_ms)) [[unlikely]]
    tell_overslept(lasted_ms, static_cast<uint32_t>(timeout_ms));
}

bool is_serving() noexcept { return t_service.depth != 0; }

void call_begins() noexcept { ++t_service.calls; }
void call_ends() noexcept { --t_service.calls; }

void note_call(lws *wsi, const char *name) noexcept {
  if (!may_be_foreign() || wsi == nullptr || api().lws_get_context == nullptr) [[likely]]
    return;
  if (is_served_elsewhere(api().lws_get_context(wsi))) tell_call(wsi, name);
}

void note_context_call(const void *context, const char *name) noexcept {
  if (!may_be_foreign() || context == nullptr) [[likely]]
    return;
  if (is_served_elsewhere(context)) tell_call(nullptr, name);
}

void note_served(int fd) noexcept {
  if (t_service.pause_ms == 0) [[likely]]
    return;
  const ErrnoGuard guard;
  const uint32_t waited_ms = heard_ms_ago(fd);
  if (waited_ms < kWaitedMs || t_service.told++ >= kMaxTold) return;
  record_late(std::min(waited_ms, t_service.pause_ms), t_service.pause_ms);
}

ServingFacts serving() noexcept {
  ServingFacts longest{};
  for (size_t i = 0; i < kLoops; ++i) {
    const uint32_t left_ms = g_loops[i].left_ms.load(std::memory_order_relaxed);
    const uint32_t lasted_ms = now_ms() - left_ms;
    if (host_state().loops[i].inside.load(std::memory_order_relaxed) == 0 || left_ms == 0) continue;
    if (lasted_ms > INT32_MAX || lasted_ms < longest.lasted_ms) continue;
    const uint32_t asked_ms = g_loops[i].first_asked_ms.load(std::memory_order_relaxed);
    longest = {lasted_ms, asked_ms > 0 ? asked_ms - 1 : 0};
  }
  return longest;
}

int service_left() noexcept {
  const HostState &state = host_state();
  if (state.are_serving.load(std::memory_order_relaxed) != 0) return kStillServing;
  const uint32_t left_ms = state.service_left_ms.load(std::memory_order_relaxed);
  return left_ms == 0 ? kNeverServed : static_cast<int>(std::min<uint32_t>(now_ms() - left_ms, INT32_MAX));
}

}  // namespace wsitrace
