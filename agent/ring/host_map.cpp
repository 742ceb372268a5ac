// SPDX-License-Identifier: MIT
#include "agent/ring/host_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace wsitrace {
namespace {

// Leaves REASON where the owner finds it although this process has no mapping.
void leave_notice(int fd, const char *reason) noexcept {
  const ssize_t written = pwrite(fd, reason, std::strlen(reason) + 1, offsetof(FileHeader, notice));
  static_cast<void>(written);
}

bool claim(std::atomic<uint32_t> &state) noexcept {
  uint32_t expected = kReady;
  if (state.load(std::memory_order_relaxed) != kReady) return false;
  return state.compare_exchange_strong(expected, kClaimed, std::memory_order_acq_rel);
}

}  // namespace

const char *HostMap::open(const char *path) noexcept {
  const int saved_errno = errno;
  const char *why = nullptr;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  struct stat facts {};
  if (fd < 0) {
    why = "the ring file cannot be opened";
  } else if (fstat(fd, &facts) != 0 || facts.st_size < static_cast<off_t>(sizeof(FileHeader))) {
    why = "the ring file is too short";
  } else {
    const auto bytes = static_cast<size_t>(facts.st_size);
    void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
      why = "no address space to map the ring file";
      leave_notice(fd, why);
    } else if ((why = adopt(static_cast<std::byte *>(data), bytes)) != nullptr) {
      munmap(data, bytes);
    }
  }
  if (fd >= 0) ::close(fd);
  errno = saved_errno;
  return why;
}

const char *HostMap::adopt(std::byte *data, size_t bytes) noexcept {
  base_ = data;
  const char *why = check(bytes);
  if (why != nullptr) base_ = nullptr;
  return why;
}

const char *HostMap::check(size_t bytes) noexcept {
  const FileHeader &header = *this->header();
  if (std::memcmp(header.magic, kRingMagic, sizeof kRingMagic) != 0) return "the ring file is not one of wsitrace";
  if (header.version != kRingVersion) return "the ring file is of another version of wsitrace";
  const uint32_t slots = header.ring_slots;
  if (header.process_count > kMaxProcesses || header.ring_count > kMaxRings || slots < kMinRingSlots ||
      slots > kMaxRingSlots || (slots & (slots - 1)) != 0)
    return "the ring file's geometry is invalid";
  const uint64_t wanted = kPageBytes + uint64_t{header.process_count} * kProcessBlockBytes +
                          uint64_t{header.ring_count} * wsitrace::ring_bytes(slots);
  if (wanted > bytes) return "the ring file is shorter than its geometry";
  process_count_ = header.process_count;
  ring_count_ = header.ring_count;
  ring_slots_ = slots;
  return nullptr;
}

ProcessBlock *HostMap::process(uint32_t index) const noexcept {
  return reinterpret_cast<ProcessBlock *>(base_ + kPageBytes + size_t{index} * kProcessBlockBytes);
}

RingHeader *HostMap::ring(uint32_t index) const noexcept {
  return reinterpret_cast<RingHeader *>(base_ + kPageBytes + size_t{process_count_} * kProcessBlockBytes +
                                        index * wsitrace::ring_bytes(ring_slots_));
}

std::byte *HostMap::slots(uint32_t ring_index) const noexcept {
  return reinterpret_cast<std::byte *>(ring(ring_index)) + kRingHeaderBytes;
}

int HostMap::claim_process() noexcept {
  const uint32_t reserved = header()->processes_reserved.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < reserved && i < process_count_; ++i)
    if (claim(process(i)->state)) return static_cast<int>(i);
  return -1;
}

int HostMap::claim_ring() noexcept {
  const uint32_t reserved = header()->rings_reserved.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < reserved && i < ring_count_; ++i)
    if (claim(ring(i)->state)) return static_cast<int>(i);
  return -1;
}

}  // namespace wsitrace
