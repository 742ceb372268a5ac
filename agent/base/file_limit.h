// SPDX-License-Identifier: MIT
//
// RLIMIT_FSIZE, asked before a file grows: the kernel sends SIGXFSZ to who writes beyond it, and that ends a program which has not provided
// for it. setrlimit(2)
#ifndef WSITRACE_BASE_FILE_LIMIT_H
#define WSITRACE_BASE_FILE_LIMIT_H

#include <sys/resource.h>

#include <cstdint>

namespace wsitrace {

// Whether this process may make a file of BYTES. One system call; changes errno.
inline bool may_grow_to(uint64_t bytes) noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur;
}

inline constexpr const char *kFileLimitHint = "a limit on the size of files holds (ulimit -f): raise it";

}  // namespace wsitrace

#endif
