// SPDX-License-Identifier: MIT
#ifndef WSITRACE_PROBE_ERRNO_GUARD_H
#define WSITRACE_PROBE_ERRNO_GUARD_H

#include <cerrno>

namespace wsitrace {

// Puts errno back: whatever the probe does, the host sees its own.
class ErrnoGuard {
 public:
  ErrnoGuard() noexcept : saved_(errno) {}
  ~ErrnoGuard() { errno = saved_; }
  ErrnoGuard(const ErrnoGuard &) = delete;
  ErrnoGuard &operator=(const ErrnoGuard &) = delete;

 private:
  int saved_;
};

}  // namespace wsitrace

#endif
