// SPDX-License-Identifier: MIT
#include "agent/probe/guests.h"

#include <cstdint>

#include "agent/lws/callbacks.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/vhosts.h"

namespace wsitrace {

std::atomic<bool> g_any_guest{false};

namespace {

constexpr uintptr_t kLeft = 1;  // a place that was used: look-ups go on behind it
constexpr size_t kSteps = 64;
std::atomic<uintptr_t> g_clients[kGuestClients];

size_t start_of_client(uintptr_t wsi) noexcept { return (wsi >> 4 ^ wsi >> 16) % kGuestClients; }

std::atomic<uintptr_t> *place_of_client(uintptr_t wsi) noexcept {
  size_t at = start_of_client(wsi);
  for (size_t i = 0; i < kSteps; ++i, at = (at + 1) % kGuestClients) {
    const uintptr_t here = g_clients[at].load(std::memory_order_relaxed);
    if (here == wsi) return &g_clients[at];
    if (here == 0) return nullptr;
  }
  return nullptr;
}

bool remember_client(uintptr_t wsi) noexcept {
  if (place_of_client(wsi) != nullptr) return true;
  size_t at = start_of_client(wsi);
  for (size_t i = 0; i < kSteps; ++i, at = (at + 1) % kGuestClients) {
    uintptr_t here = g_clients[at].load(std::memory_order_relaxed);
    if (here <= kLeft && g_clients[at].compare_exchange_strong(here, wsi, std::memory_order_relaxed)) return true;
  }
  count_trouble(kProtocolUnwrapped);
  return false;
}

}  // namespace

void begin_guest(const lws_vhost *vhost) noexcept {
  set_standing(vhost_index(vhost), Standing::kGuest);
  g_any_guest.store(true, std::memory_order_release);
}

bool is_guest_entered(size_t index) noexcept { return standing_of(index) == Standing::kGuest; }

bool is_of_guest(lws *wsi, int reason) noexcept {
  const lws_vhost *vhost = api().lws_get_vhost(wsi);
  const size_t index = vhost != nullptr ? vhost_index(vhost) : kUnknownVhost;
  if (index == kUnknownVhost || standing_of(index) == Standing::kObserved) return false;
  const auto address = reinterpret_cast<uintptr_t>(wsi);
  if (has_role<role::kOpensOutbound>(reason)) return !remember_client(address);
  std::atomic<uintptr_t> *place = place_of_client(address);
  if (place == nullptr) {
    if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED) set_standing(index, Standing::kGuestThatAccepts);
    return true;
  }
  if (reason == LWS_CALLBACK_WSI_DESTROY) place->store(kLeft, std::memory_order_relaxed);
  return false;
}

}  // namespace wsitrace
