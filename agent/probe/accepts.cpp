// SPDX-License-Identifier: MIT
#include "agent/probe/accepts.h"

#include <sys/resource.h>

#include <atomic>
#include <cerrno>

#include "agent/probe/contexts.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/service.h"
#include "agent/probe/sockets.h"
#include "agent/probe/spins.h"

namespace wsitrace {
namespace {

// Those of accept(2) that do not pass by themselves; nullptr for the others.
const char *name_of_error(int error) noexcept {
  switch (error) {
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case ENOBUFS: return "ENOBUFS";
    case ENOMEM: return "ENOMEM";
    case EPERM: return "EPERM";
    default: return nullptr;
  }
}

uint32_t descriptor_limit() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<uint32_t>(limit.rlim_cur) : 0;
}

std::atomic<int> g_listeners[kKnownListeners];  // their numbers + 1; 0: free
std::atomic<int> g_last_listener{-1};

[[gnu::noinline]] void remember_listener(int listener) noexcept {
  g_last_listener.store(listener, std::memory_order_relaxed);
  for (auto &known : g_listeners) {
    int here = known.load(std::memory_order_relaxed);
    if (here == listener + 1) return;
    if (here == 0 && known.compare_exchange_strong(here, listener + 1, std::memory_order_relaxed)) return;
  }
}

void tell_waiting(int fd) noexcept {
  if (const uint32_t waiting = queued_on(fd)) record_waiting(fd, {0, waiting, descriptor_limit()});
}

}  // namespace

void record_clients_waiting() noexcept {
  if (!is_on() || !is_attached()) return;
  const ErrnoGuard guard;
  for_each_descriptor(tell_waiting);
  for (const auto &known : g_listeners) {
    const int fd = known.load(std::memory_order_relaxed) - 1;
    if (fd >= 0 && !is_known_descriptor(fd)) tell_waiting(fd);
  }
}

void accept_succeeded(int listener, int fd) noexcept {
  if (g_last_listener.load(std::memory_order_relaxed) != listener) [[unlikely]]
    remember_listener(listener);
  note_served(fd);
  note_work();
  if (!is_on()) return;
  std::atomic<uint64_t> &in_a_row = host_state().accept_failures;
  if (in_a_row.load(std::memory_order_relaxed) == 0) [[likely]]
    return;
  const uint64_t failures = in_a_row.exchange(0, std::memory_order_relaxed);
  if (failures == 0) return;
  const ErrnoGuard guard;
  record_accept(0, nullptr, {failures, 0, descriptor_limit()});
}

void accept_failed(int listener, int error) noexcept {
  const char *name = name_of_error(error);
  if (name == nullptr || !is_on()) return;
  const ErrnoGuard guard;
  const uint64_t failures = host_state().accept_failures.fetch_add(1, std::memory_order_relaxed) + 1;
  if ((failures & (failures - 1)) != 0) return;
  record_accept(error, name, {failures, queued_on(listener), descriptor_limit()});
}

}  // namespace wsitrace
