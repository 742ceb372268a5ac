// SPDX-License-Identifier: MIT
#include "agent/probe/thunk_table.h"

#include <atomic>
#include <cstring>

#include "agent/probe/host_state.h"

namespace wsitrace {
namespace {

enum : uint32_t { kEmpty, kFilled };

struct Slot {
  std::atomic<uint32_t> state;
  char name[68] = {};  // cut; a thunk's identity is the whole of it
};

// Filled before this library's own constructors run, if others make contexts in theirs.
constinit Slot g_slots[kMaxThunks]{};
constinit std::atomic<lws_callback_function *> g_originals[kMaxThunks]{};
std::atomic<size_t> g_used{0};

bool same_name(const Slot &slot, const char *name) noexcept {
  return std::strncmp(slot.name, name, sizeof slot.name - 1) == 0;
}

// Slots are filled in order, so the used ones are a prefix; making a vhost is rare, a scan is fine.
size_t find_in_prefix(lws_callback_function *original, const char *name) noexcept {
  const size_t used = thunks_made();
  for (size_t i = 0; i < used; ++i) {
    if (g_slots[i].state.load(std::memory_order_acquire) == kFilled && original_of(i) == original &&
        same_name(g_slots[i], name))
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
  g_originals[at].store(original, std::memory_order_relaxed);
  std::strncpy(slot.name, name, sizeof slot.name - 1);
  slot.state.store(kFilled, std::memory_order_release);
  return at;
}

size_t thunks_made() noexcept { return g_used.load(std::memory_order_acquire); }

lws_callback_function *original_of(size_t index) noexcept { return g_originals[index].load(std::memory_order_relaxed); }
const char *protocol_name_of(size_t index) noexcept { return g_slots[index].name; }

}  // namespace wsitrace
