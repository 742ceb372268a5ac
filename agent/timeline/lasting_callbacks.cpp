// SPDX-License-Identifier: MIT
#include "agent/timeline/lasting_callbacks.h"

#include <algorithm>

#include "agent/timeline/items.h"

namespace wsitrace {
namespace {

constexpr Ns kLastingNsPerMs = 1'000'000;
// The clock of hosts is coarse (FORMAT.md): `since` may be before the callback's own event, which came with the turn that called it.
constexpr Ns kClockNs = 100 * kLastingNsPerMs;

Ns since_ns(const Event &event, Ns lasted_ns, const Connection *connection) {
  const Ns since_ns = event.time_ns - std::min(event.time_ns, lasted_ns);
  const Ns sign_ns = connection != nullptr ? connection->last_sign_ns.value_or(0) : 0;
  return sign_ns > since_ns && sign_ns <= since_ns + kClockNs ? sign_ns : since_ns;
}

}  // namespace

bool LastingCallbacks::on_loop_heard(const Event &event, std::span<const std::byte> items,
                                     const Connection *connection) {
  if (event.kind != k_callback_runs) return false;
  const bool ended = by_thread_.erase(event.thread) > 0;
  const Ns lasted_ns = item_of<uint32_t>(items, kItemLasted).value_or(0) * kLastingNsPerMs;
  if (event.value < 0 || event.value > UINT16_MAX || lasted_ns == 0) return ended;
  by_thread_[event.thread] = {event.thread, static_cast<uint16_t>(event.value), event.protocol,
                              connection != nullptr ? connection->id : 0, since_ns(event, lasted_ns, connection)};
  return true;
}

std::vector<LastingCallback> LastingCallbacks::that_keep_a_loop() const {
  std::vector<LastingCallback> all;
  for (const auto &[thread, one] : by_thread_) {
    if (one.kind == k_PROTOCOL_INIT || one.kind == k_PROTOCOL_DESTROY) continue;
    const Ns turned_ns = turned_ns_[thread];
    if (turned_ns == 0 && one.kind >= kCallbackKinds) continue;  // the program calls its own on any thread
    if (turned_ns <= one.since_ns + kClockNs) all.push_back(one);
  }
  return all;
}

uint64_t waiting_behind(const LastingCallback &callback, const Timeline &timeline) {
  uint64_t others = 0;
  timeline.for_each_open([&](const Connection &open) {
    others += open.cls == ConnectionClass::kClient && open.origin != Origin::kStream &&
              open.id != callback.connection && open.thread == callback.thread;
  });
  return others;
}

}  // namespace wsitrace
