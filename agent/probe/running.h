// SPDX-License-Identifier: MIT
//
// Which callback of the host the calling thread is in, told in the header of its ring: whoever drains the ring can say where a program is
// stuck, or where it crashed, although it never comes to record that.
//
// Cost:  two loads and two stores before the callback, two stores after it; no clock, for the owner's is read anyway.
// Trust: the loads are of what was stored here. If somebody changes it meanwhile, he is told what he wrote.
// Fork:  a child's thread tells nobody until it has a ring of its own. One made by clone(2), without the handlers of fork(3), may tell
//        something false in its parent's ring until it records something.
#ifndef WSITRACE_PROBE_RUNNING_H
#define WSITRACE_PROBE_RUNNING_H

#include <libwebsockets.h>

#include "agent/probe/host_state.h"

namespace wsitrace {

// What lws asks and tells its host for its own bookkeeping, many times for each event: threads, descriptors, locks.
constexpr bool is_bookkeeping(int reason) noexcept {
  constexpr int kFirst = LWS_CALLBACK_GET_THREAD_ID, kLast = LWS_CALLBACK_UNLOCK_POLL;
  static_assert(kFirst == 31 && kLast == 36);
  return static_cast<unsigned>(reason - kFirst) <= kLast - kFirst;
}
// RunningCallback::word has room for it. Those of an application begin at LWS_CALLBACK_USER, 1000.
constexpr bool can_be_told(int reason) noexcept { return reason >= 0 && reason < 0xfffe; }

// What the thread was in before, to be told again by tell_returned().
struct OuterCallback {
  uint64_t word, wsi;
};

inline OuterCallback tell_running(size_t thunk_index, const void *wsi, int reason, uint32_t since_ms) noexcept {
  RunningCallback &to = *t_state.running;
  const OuterCallback outer{to.word.load(std::memory_order_relaxed), to.wsi.load(std::memory_order_relaxed)};
  const uint16_t protocol = g_state->protocol_ids[thunk_index].load(std::memory_order_relaxed);
  to.wsi.store(reinterpret_cast<uintptr_t>(wsi), std::memory_order_relaxed);
  to.word.store(running_word(reason, protocol, since_ms), std::memory_order_relaxed);
  return outer;
}

// The ring may be another than before, of a child that was forked in the callback.
inline void tell_returned(const OuterCallback &outer) noexcept {
  RunningCallback &to = *t_state.running;
  to.wsi.store(outer.wsi, std::memory_order_relaxed);
  to.word.store(outer.word, std::memory_order_relaxed);
}

}  // namespace wsitrace

#endif
