// SPDX-License-Identifier: MIT
//
// A host's view of a ring file: the mapping, and the claiming of process blocks and rings in it. Made once per process
// image and inherited by forked children, who claim blocks of their own.
//
// Memory: the whole file takes address space, and no access is allowed to what was not claimed. A program that locks all its memory
//         (mlockall(2)) has no more pages than without that.
// No heap, no stdio, no lock. Every call preserves errno.
#ifndef WSITRACE_RING_HOST_MAP_H
#define WSITRACE_RING_HOST_MAP_H

#include <atomic>
#include <cstddef>

#include "wsitrace/layout.h"

namespace wsitrace {

class HostMap {
 public:
  enum class Owner { kOwnOrRoot, kAny };
  // Maps the ring file at PATH, which may be no symbolic link. nullptr, or why it could not be done; the reason is also left in the file
  // for its owner where that is possible, and never in a file that is no ring file.
  // Whoever may write to a file can cut it off, and that ends who has it mapped: it must be of this user or of root, and of no
  // others, unless OWNER says that its owner is trusted.
  const char *open(const char *path, Owner owner = Owner::kOwnOrRoot) noexcept;
  // Uses a mapping of this process's own (plugin and link, whose owner is the same process).
  const char *adopt(std::byte *data, size_t bytes) noexcept;

  [[nodiscard]] bool valid() const noexcept { return base_ != nullptr; }
  [[nodiscard]] FileHeader *header() const noexcept { return reinterpret_cast<FileHeader *>(base_); }
  [[nodiscard]] ProcessBlock *process(uint32_t index) const noexcept;
  [[nodiscard]] RingHeader *ring(uint32_t index) const noexcept;
  [[nodiscard]] std::byte *slots(uint32_t ring_index) const noexcept;
  [[nodiscard]] uint32_t ring_slots() const noexcept { return ring_slots_; }

  // Index of a block that is now the caller's, or -1 when none was ready.
  int claim_process() noexcept;
  int claim_ring() noexcept;

 private:
  const char *map(int fd, Owner owner) noexcept;
  const char *check(size_t bytes) noexcept;
  bool claim(std::atomic<uint32_t> &state, size_t header_bytes, size_t bytes) const noexcept;

  bool locked_ = false;  // pages are to be allowed before they are touched
  std::byte *base_ = nullptr;
  uint32_t process_count_ = 0, ring_count_ = 0, ring_slots_ = 0;
};

}  // namespace wsitrace

#endif
