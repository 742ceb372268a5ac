// SPDX-License-Identifier: MIT
#include "agent/probe/service.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "agent/base/clock.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

constexpr uint32_t kToldAll = 32;

struct OwnService {
  uint32_t depth = 0;  // lws calls itself
  uint32_t calls = 0;  // of those that are looked at
  uint32_t begun_ms = 0;
  Serving *slot = nullptr;
};
thread_local OwnService t_service __attribute__((tls_model("initial-exec")));

[[gnu::noinline]] void tell_overslept(uint32_t lasted_ms, uint32_t asked_ms) noexcept {
  const ErrnoGuard guard;
  record_with(k_service_overslept, static_cast<int>(std::min<uint32_t>(lasted_ms, INT32_MAX)), kItemLasted, &asked_ms,
              sizeof asked_ms);
}

void take_slot(const void *context) noexcept {
  HostState &state = host_state();
  for (Serving &slot : state.serving) {
    uintptr_t free = 0;
    if (slot.thread.load(std::memory_order_relaxed) != 0 ||
        !slot.thread.compare_exchange_strong(free, pthread_self(), std::memory_order_acquire))
      continue;
    slot.context.store(reinterpret_cast<uintptr_t>(context), std::memory_order_release);
    t_service.slot = &slot;
    state.are_serving.fetch_add(1, std::memory_order_relaxed);
    return;
  }
}

// The state's page is zero in a forked child, where the slot is nobody's.
void leave_slot() noexcept {
  Serving *slot = std::exchange(t_service.slot, nullptr);
  if (slot == nullptr || slot->thread.load(std::memory_order_relaxed) != pthread_self()) return;
  slot->context.store(0, std::memory_order_relaxed);
  slot->thread.store(0, std::memory_order_release);
  host_state().are_serving.fetch_sub(1, std::memory_order_relaxed);
}

bool is_served_elsewhere(const void *context) noexcept {
  bool found = false;
  for (const Serving &slot : host_state().serving) {
    if (slot.context.load(std::memory_order_acquire) != reinterpret_cast<uintptr_t>(context)) continue;
    if (slot.thread.load(std::memory_order_relaxed) == pthread_self()) return false;
    found = true;
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

void loop_entered(const void *context, uint32_t now_ms) noexcept {
  if (t_service.depth++ > 0 || !is_on()) return;
  t_service.begun_ms = now_ms;
  take_slot(context);
}

void loop_left(int timeout_ms, uint32_t now_ms) noexcept {
  if (--t_service.depth > 0 || !is_on()) return;
  const uint32_t lasted_ms = now_ms - t_service.begun_ms;
  host_state().service_left_ms.store(now_ms, std::memory_order_relaxed);
  leave_slot();
  if (timeout_ms > 0 && lasted_ms >= kOversleptMs && lasted_ms > 2 * static_cast<uint32_t>(timeout_ms)) [[unlikely]]
    tell_overslept(lasted_ms, static_cast<uint32_t>(timeout_ms));
}

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

int service_left() noexcept {
  const HostState &state = host_state();
  if (state.are_serving.load(std::memory_order_relaxed) != 0) return kStillServing;
  const uint32_t left_ms = state.service_left_ms.load(std::memory_order_relaxed);
  return left_ms == 0 ? kNeverServed
                      : static_cast<int>(std::min<uint32_t>(static_cast<uint32_t>(coarse_ms()) - left_ms, INT32_MAX));
}

}  // namespace wsitrace
