// SPDX-License-Identifier: MIT
#include "agent/probe/safe_read.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>

#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kSignalSetBytes = 8;  // what the kernel calls sizeof(sigset_t)
constexpr int kNoSuchHow = -1;

// The kernel copies the set before it refuses what shall be done with it. kernel/signal.c, rt_sigprocmask
bool is_readable_page(uintptr_t address) noexcept {
  const ErrnoGuard guard;
  const uintptr_t set = address & ~uintptr_t{kSignalSetBytes - 1};
  return syscall(SYS_rt_sigprocmask, kNoSuchHow, set, nullptr, kSignalSetBytes) == -1 && errno == EINVAL;
}

// Byte by byte, and never by a memcpy(3) that a sanitizer watches: what is read here may belong to nobody.
__attribute__((no_sanitize("address", "thread"))) void copy_bytes(const volatile char *from, char *to,
                                                                  size_t length) noexcept {
  for (size_t i = 0; i < length; ++i) to[i] = from[i];
}

}  // namespace

size_t safe_read(const void *from, void *to, size_t length) noexcept {
  size_t done = 0;
  while (done < length) {
    const auto *at = static_cast<const char *>(from) + done;
    const size_t to_page_end = kPage - (reinterpret_cast<uintptr_t>(at) & (kPage - 1));
    const size_t wanted = length - done < to_page_end ? length - done : to_page_end;
    if (!is_readable_page(reinterpret_cast<uintptr_t>(at))) break;
    copy_bytes(at, static_cast<char *>(to) + done, wanted);
    done += wanted;
  }
  return done;
}

bool is_readable_name(const char *text) noexcept {
  if (text == nullptr) return false;
  char copy[256];
  const size_t got = safe_read(text, copy, sizeof copy);
  for (size_t i = 0; i < got; ++i) {
    const auto c = static_cast<unsigned char>(copy[i]);
    if (c == 0) return i > 0;
    if (c < 0x20 || c == 0x7f) return false;
  }
  return false;
}

bool is_in_loaded_object(const void *address) noexcept {
  Dl_info info;
  return address != nullptr && dladdr(address, &info) != 0;
}

}  // namespace wsitrace
