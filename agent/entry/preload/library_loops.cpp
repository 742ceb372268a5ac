// SPDX-License-Identifier: MIT
#include "agent/entry/preload/library_loops.h"

#include <link.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <iterator>

#include <libwebsockets.h>

#include "agent/base/clock.h"
#include "agent/entry/imports/redirect.h"
#include "agent/entry/preload/real_lws.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "agent/probe/service.h"
#include "agent/probe/sockets.h"

namespace wsitrace {
namespace {

constexpr uint32_t kSameTurnMs = 20;  // what had waited is served one after the other
constexpr int kMostTold = 64;

struct Turns {
  uint32_t left_ms = 0;  // when lws was left last; 0: never
  uint32_t pause_ms = 0, since_ms = 0;
  int told = 0;
};
thread_local Turns t_turns __attribute__((tls_model("initial-exec")));

uint32_t coarse_now_ms() noexcept { return static_cast<uint32_t>(coarse_ms()); }

[[gnu::noinline]] void tell_if_late(int fd) noexcept {
  const ErrnoGuard guard;
  int unread = 0;  // else the last that came is long read
  if (ioctl(fd, FIONREAD, &unread) != 0 || unread == 0) return;
  const uint32_t waited_ms = heard_ms_ago(fd);
  if (waited_ms < kWaitedMs || t_turns.told++ >= kMostTold) return;
  record_late(std::min(waited_ms, t_turns.pause_ms), t_turns.pause_ms);
}

void turn_begins(const lws_pollfd *polled) noexcept {
  if (polled == nullptr || !is_on()) return;
  const uint32_t now = coarse_now_ms();
  if (t_turns.left_ms != 0 && now - t_turns.left_ms >= kPauseMs) [[unlikely]] {
    t_turns.pause_ms = now - t_turns.left_ms;
    t_turns.since_ms = now;
  }
  if (t_turns.pause_ms == 0) [[likely]]
    return;
  if (now - t_turns.since_ms > kSameTurnMs) t_turns.pause_ms = 0;
  else tell_if_late(polled->fd);
}

void turn_ends() noexcept { t_turns.left_ms = std::max(coarse_now_ms(), 1U); }

using ServiceFd = decltype(&::lws_service_fd);
using ServiceFdTsi = decltype(&::lws_service_fd_tsi);
std::atomic<void *> g_service_fd{nullptr}, g_service_fd_tsi{nullptr};

int watched_service_fd(lws_context *context, lws_pollfd *polled) {
  turn_begins(polled);
  const int result = reinterpret_cast<ServiceFd>(g_service_fd.load(std::memory_order_relaxed))(context, polled);
  turn_ends();
  return result;
}

int watched_service_fd_tsi(lws_context *context, lws_pollfd *polled, int tsi) {
  turn_begins(polled);
  const auto real = reinterpret_cast<ServiceFdTsi>(g_service_fd_tsi.load(std::memory_order_relaxed));
  const int result = real(context, polled, tsi);
  turn_ends();
  return result;
}

struct Libraries {
  uintptr_t addresses[4];
  size_t count = 0;
};

int remember_library(dl_phdr_info *object, size_t, void *to) noexcept {
  auto &found = *static_cast<Libraries *>(to);
  const char *slash = std::strrchr(object->dlpi_name, '/');
  const char *base = slash != nullptr ? slash + 1 : object->dlpi_name;
  if (std::strncmp(base, "libwebsockets-evlib_", 20) != 0 || found.count == std::size(found.addresses)) return 0;
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    if (object->dlpi_phdr[i].p_type != PT_LOAD) continue;
    found.addresses[found.count++] = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
    break;
  }
  return 0;
}

}  // namespace

void watch_library_loops() noexcept {
  const ErrnoGuard guard;
  Libraries found;
  dl_iterate_phdr(remember_library, static_cast<void *>(&found));
  if (found.count == 0) return;
  g_service_fd.store(real_function("lws_service_fd"), std::memory_order_relaxed);
  g_service_fd_tsi.store(real_function("lws_service_fd_tsi"), std::memory_order_relaxed);
  const auto if_found = [](const std::atomic<void *> &original, auto *replacement) {
    return original.load(std::memory_order_relaxed) != nullptr ? reinterpret_cast<void *>(replacement) : nullptr;
  };
  const Redirection redirections[] = {
      {"lws_service_fd", if_found(g_service_fd, watched_service_fd)},
      {"lws_service_fd_tsi", if_found(g_service_fd_tsi, watched_service_fd_tsi)},
  };
  for (size_t i = 0; i < found.count; ++i)
    redirect_imports(redirections, std::size(redirections), {reinterpret_cast<const void *>(found.addresses[i]), true});
}

}  // namespace wsitrace
