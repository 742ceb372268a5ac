// SPDX-License-Identifier: MIT
#include "agent/probe/vhosts.h"

#include "agent/probe/host_state.h"

namespace wsitrace {

std::atomic<uint32_t> g_vhost_changes{0};

namespace {

constexpr uintptr_t kGone = 1;  // a place that was used: look-ups go on behind it
constexpr size_t kProbes = 32;

struct Place {
  std::atomic<uintptr_t> vhost;
  std::atomic<size_t> first_thunk;
  std::atomic<Standing> standing;
};
constinit Place g_places[kMaxVhosts]{};
std::atomic<bool> g_full{false};

size_t start_of(uintptr_t address) noexcept { return (address >> 4 ^ address >> 14) % kMaxVhosts; }

void set(size_t at, uintptr_t address, size_t first_thunk) noexcept {
  if (attach_process()) host_state().vhost_ids[at].store(0, std::memory_order_relaxed);
  g_places[at].first_thunk.store(first_thunk, std::memory_order_relaxed);
  g_places[at].standing.store(Standing::kObserved, std::memory_order_relaxed);
  g_places[at].vhost.store(address, std::memory_order_release);
  g_vhost_changes.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace

size_t vhost_index(const lws_vhost *vhost) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(vhost);
  size_t at = start_of(address);
  for (size_t i = 0; i < kProbes; ++i, at = (at + 1) % kMaxVhosts) {
    const uintptr_t here = g_places[at].vhost.load(std::memory_order_acquire);
    if (here == address) return at;
    if (here == 0) return kUnknownVhost;
  }
  return kUnknownVhost;
}

void remember_vhost(const lws_vhost *vhost, size_t first_thunk) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(vhost);
  const size_t known = vhost_index(vhost);
  if (known != kUnknownVhost) return set(known, address, first_thunk);
  size_t at = start_of(address);
  for (size_t i = 0; i < kProbes; ++i, at = (at + 1) % kMaxVhosts)
    if (g_places[at].vhost.load(std::memory_order_relaxed) <= kGone) return set(at, address, first_thunk);
  g_full.store(true, std::memory_order_relaxed);
}

bool vhosts_are_full() noexcept { return g_full.load(std::memory_order_relaxed); }

void forget_vhost(const lws_vhost *vhost) noexcept {
  const size_t known = vhost_index(vhost);
  if (known != kUnknownVhost) set(known, kGone, 0);
}

size_t first_thunk_of(size_t index) noexcept { return g_places[index].first_thunk.load(std::memory_order_relaxed); }

void set_standing(size_t index, Standing standing) noexcept {
  g_places[index].standing.store(standing, std::memory_order_relaxed);
}

Standing standing_of(size_t index) noexcept { return g_places[index].standing.load(std::memory_order_relaxed); }

}  // namespace wsitrace
