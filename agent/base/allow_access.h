// SPDX-License-Identifier: MIT
//
// Access to a part of a mapping that was made without any, so that nobody has pages there before they are used.
#ifndef WSITRACE_BASE_ALLOW_ACCESS_H
#define WSITRACE_BASE_ALLOW_ACCESS_H

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace wsitrace {

// All pages that hold a byte of it. False: the kernel refuses (too many parts with different access).
inline bool allow_access(void *from, size_t bytes) noexcept {
  const auto offset = reinterpret_cast<uintptr_t>(from) % static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  return mprotect(static_cast<std::byte *>(from) - offset, bytes + offset, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace wsitrace

#endif
