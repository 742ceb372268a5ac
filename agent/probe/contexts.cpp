// SPDX-License-Identifier: MIT
#include "agent/probe/contexts.h"

#include <sys/stat.h>

#include <atomic>
#include <cstdint>

#include "agent/probe/errno_guard.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

std::atomic<uintptr_t> g_contexts[kKnownContexts];
std::atomic<bool> g_contexts_full{false};

bool is_known_context(uintptr_t context) noexcept {
  for (const auto &known : g_contexts) {
    const uintptr_t here = known.load(std::memory_order_relaxed);
    if (here == context) return true;
    if (here == 0) break;
  }
  return g_contexts_full.load(std::memory_order_relaxed);
}

struct Known {
  std::atomic<uintptr_t> owner;  // 0: free; the thread's mark while its context is being made, then the context
  int fd = 0;
  const char *call = nullptr;
  dev_t device = 0;
  ino_t inode = 0;
};
constinit Known g_known[kKnownDescriptors]{};
std::atomic<bool> g_marked[kMarkedFds];  // known, whoever it belongs to: closing others costs a look here
thread_local int t_depth = 0;

// A number that is no address of a context: that of a variable of this thread, made odd.
uintptr_t own_mark() noexcept { return reinterpret_cast<uintptr_t>(&t_depth) | 1; }

template <typename Do>
void for_each_of(uintptr_t owner, Do action) noexcept {
  for (Known &known : g_known)
    if (known.owner.load(std::memory_order_acquire) == owner) action(known);
}

bool is_open(const Known &known) noexcept {
  struct stat now;
  return fstat(known.fd, &now) == 0 && now.st_dev == known.device && now.st_ino == known.inode;
}

}  // namespace

void context_seen(const void *context) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(context);
  if (context == nullptr || is_known_context(address)) return;
  for (auto &known : g_contexts) {
    uintptr_t free = 0;
    if (known.compare_exchange_strong(free, address, std::memory_order_relaxed)) return;
  }
  g_contexts_full.store(true, std::memory_order_relaxed);
}

bool has_seen_context() noexcept { return g_contexts[0].load(std::memory_order_relaxed) != 0; }

bool is_unseen_context(const void *context) noexcept {
  return context != nullptr && t_depth == 0 && !is_known_context(reinterpret_cast<uintptr_t>(context));
}

void context_begins() noexcept { ++t_depth; }

void context_begun(const void *context) noexcept {
  if (--t_depth > 0) return;
  const auto owner = reinterpret_cast<uintptr_t>(context);
  for_each_of(own_mark(), [&](Known &known) { known.owner.store(owner, std::memory_order_release); });
}

void descriptor_opened(int fd, const char *call) noexcept {
  if (t_depth == 0 || fd < 0 || fd >= kMarkedFds) return;
  const ErrnoGuard guard;
  struct stat now;
  if (fstat(fd, &now) != 0) return;
  for (Known &known : g_known) {
    uintptr_t nobody = 0;
    if (known.owner.load(std::memory_order_relaxed) != 0 ||
        !known.owner.compare_exchange_strong(nobody, UINTPTR_MAX, std::memory_order_acquire))
      continue;
    known.fd = fd;
    known.call = call;
    known.device = now.st_dev;
    known.inode = now.st_ino;
    known.owner.store(own_mark(), std::memory_order_release);
    g_marked[fd].store(true, std::memory_order_relaxed);
    return;
  }
}

void for_each_descriptor(void (*visit)(int fd)) noexcept {
  for (const Known &known : g_known)
    if (known.owner.load(std::memory_order_acquire) != 0) visit(known.fd);
}

bool is_known_descriptor(int fd) noexcept {
  return fd >= 0 && fd < kMarkedFds && g_marked[fd].load(std::memory_order_relaxed);
}

void descriptor_closed(int fd) noexcept {
  if (fd < 0 || fd >= kMarkedFds || !g_marked[fd].load(std::memory_order_relaxed)) return;
  g_marked[fd].store(false, std::memory_order_relaxed);
  for (Known &known : g_known)
    if (known.owner.load(std::memory_order_acquire) != 0 && known.fd == fd)
      known.owner.store(0, std::memory_order_release);
}

void context_ends(const void *context) noexcept {
  const ErrnoGuard guard;
  for_each_of(reinterpret_cast<uintptr_t>(context), [&](Known &known) {
    if (is_open(known)) record_own(k_descriptor_left, context, known.fd, known.call);
    g_marked[known.fd].store(false, std::memory_order_relaxed);
    known.owner.store(0, std::memory_order_release);
  });
}

}  // namespace wsitrace
