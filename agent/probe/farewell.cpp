// SPDX-License-Identifier: MIT
#include "agent/probe/farewell.h"

#include "agent/probe/contexts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/finals.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/reads.h"
#include "agent/probe/record.h"
#include "agent/probe/service.h"
#include "agent/probe/sockets.h"

namespace wsitrace {

void record_peers_left() noexcept {
  if (!is_on() || !is_attached()) return;
  const ErrnoGuard guard;
  RingWriter *out = writer();
  if (out == nullptr) return;
  for (int fd = 0, told = 0; fd < kCountedFds && told < kMaxPeersLeft; ++fd) {
    Items items;
    if (!was_read(fd) || !add_tcp_unheeded(items, fd)) continue;
    Event event{};
    event.kind = k_peer_left;
    event.value = fd;
    out->record(event, &items);
    ++told;
  }
}

void record_responses_left() noexcept {
  if (!is_on() || !is_attached()) return;
  const ErrnoGuard guard;
  for (size_t i = 0; i < kFinalSlots; ++i)
    if (const void *wsi = wsi_with_response(i)) record_response_left(wsi);
}

void record_quiet_sockets() noexcept {
  if (!is_on() || !is_attached()) return;
  const ErrnoGuard guard;
  RingWriter *out = writer();
  if (out == nullptr) return;
  for (int fd = 0, told = 0; fd < kCountedFds && told < kMaxQuiet; ++fd) {
    Items items;
    if (!was_read(fd) || !add_tcp_if_quiet(items, fd)) continue;
    Event event{};
    event.kind = k_socket_quiet;
    event.value = fd;
    out->record(event, &items);
    ++told;
  }
}

void record_loop() noexcept {
  constexpr int kShortMs = 250;
  if (!is_on() || !is_attached() || !has_seen_context()) return;
  const int left_ms = service_left();
  if (left_ms == kStillServing) {
    const ServingFacts facts = serving();
    record_with(k_loop_left, left_ms, kItemServing, &facts, sizeof facts);
  } else if (left_ms < 0 || left_ms >= kShortMs) {
    record_own(k_loop_left, nullptr, left_ms, nullptr);
  }
}

}  // namespace wsitrace
