// SPDX-License-Identifier: MIT
#include "agent/probe/thunks.h"

#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "agent/probe/host_state.h"
#include "agent/probe/record.h"
#include "agent/probe/stacks.h"
#include "agent/probe/user_pointers.h"

namespace wsitrace {
namespace {

enum : uint32_t { kEmpty, kFilled };

struct Slot {
  std::atomic<lws_callback_function *> original;
  std::atomic<uint32_t> state;
  char name[68];  // cut; a thunk's identity is the whole of it
};

Slot g_slots[kMaxThunks];
std::atomic<size_t> g_used{0};

[[gnu::noinline]] int dispatch_on_demand(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length,
                                         size_t index) {
  if ((asked() & kAskStacks) != 0 && has_role<role::kStack>(reason)) record_stack(wsi, reason);
  const int result = g_slots[index].original.load(std::memory_order_relaxed)(wsi, reason, user, in, length);
  if ((asked() & kAskUserPointers) != 0 && is_drop(reason)) record_user_left(index, wsi, reason);
  if (result != 0 && closes_when_refused(reason)) record_refusal(index, wsi, reason);
  return result;
}

int dispatch(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length, size_t index) {
  if (is_recorded(reason)) {
    record_callback(index, wsi, reason, in, length);
    if (asked() != 0 && wsi != nullptr) [[unlikely]]
      return dispatch_on_demand(wsi, reason, user, in, length, index);
  }
  const int result = g_slots[index].original.load(std::memory_order_relaxed)(wsi, reason, user, in, length);
  if (result != 0 && closes_when_refused(reason)) [[unlikely]]
    record_refusal(index, wsi, reason);
  return result;
}

template <size_t Index>
int thunk_body(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t length) {
  return dispatch(wsi, reason, user, in, length, Index);
}

template <size_t... Indices>
constexpr std::array<lws_callback_function *, sizeof...(Indices)> make_thunks(std::index_sequence<Indices...>) {
  return {thunk_body<Indices>...};
}

constexpr auto g_thunks = make_thunks(std::make_index_sequence<kMaxThunks>());

bool same_name(const Slot &slot, const char *name) noexcept {
  return std::strncmp(slot.name, name, sizeof slot.name - 1) == 0;
}

// Slots are filled in order, so the used ones are a prefix; making a vhost is rare, a scan is fine.
size_t find_in_prefix(lws_callback_function *original, const char *name) noexcept {
  const size_t used = g_used.load(std::memory_order_acquire);
  for (size_t i = 0; i < used && i < kMaxThunks; ++i) {
    if (g_slots[i].state.load(std::memory_order_acquire) == kFilled &&
        g_slots[i].original.load(std::memory_order_relaxed) == original && same_name(g_slots[i], name))
      return i;
  }
  return kNoThunk;
}

}  // namespace

size_t find_thunk(lws_callback_function *original, const char *name) noexcept {
  return original == nullptr ? kNoThunk : find_in_prefix(original, name != nullptr ? name : "");
}

size_t thunk_for(lws_callback_function *original, const char *name, bool first_protocol) noexcept {
  if (name == nullptr) name = "";
  const size_t known = find_in_prefix(original, name);
  if (known != kNoThunk) return known;
  const size_t limit = first_protocol ? kMaxThunks : kMaxThunks - kFirstProtocolReserve;
  size_t at = g_used.load(std::memory_order_relaxed);
  do {
    if (at >= limit) return kNoThunk;
  } while (!g_used.compare_exchange_weak(at, at + 1, std::memory_order_acq_rel));
  Slot &slot = g_slots[at];
  slot.original.store(original, std::memory_order_relaxed);
  std::strncpy(slot.name, name, sizeof slot.name - 1);
  slot.state.store(kFilled, std::memory_order_release);
  return at;
}

size_t index_of_thunk(lws_callback_function *callback) noexcept {
  for (size_t i = 0; i < g_used.load(std::memory_order_acquire) && i < kMaxThunks; ++i)
    if (g_thunks[i] == callback) return i;
  return kNoThunk;
}

lws_callback_function *thunk(size_t index) noexcept { return g_thunks[index]; }
lws_callback_function *original_of(size_t index) noexcept {
  return g_slots[index].original.load(std::memory_order_relaxed);
}
const char *protocol_name_of(size_t index) noexcept { return g_slots[index].name; }

}  // namespace wsitrace
