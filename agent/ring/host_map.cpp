// SPDX-License-Identifier: MIT
#include "agent/ring/host_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "agent/base/allow_access.h"
#include "agent/base/file_limit.h"

namespace wsitrace {
namespace {

constexpr const char *kIsNone = "the ring file is not one of wsitrace";

// Leaves REASON where the owner finds it although this process has no mapping.
void leave_notice(int fd, const char *reason) noexcept {
  const size_t bytes = std::strlen(reason) + 1;
  if (!may_grow_to(offsetof(FileHeader, notice) + bytes)) return;
  const ssize_t written = pwrite(fd, reason, bytes, offsetof(FileHeader, notice));
  static_cast<void>(written);
}

const char *danger_in(const struct stat &facts, HostMap::Owner owner) noexcept {
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "others may write to the ring file, and could end the program by cutting it off";
  if (owner == HostMap::Owner::kAny || facts.st_uid == 0 || facts.st_uid == geteuid()) return nullptr;
  return "the ring file belongs to another user, who could end the program by cutting it off; WSITRACE_TRUST_RING=1 "
         "says that the user is "
         "trusted";
}

uint32_t read_once(const uint32_t &untrusted) noexcept { return __atomic_load_n(&untrusted, __ATOMIC_RELAXED); }

}  // namespace

const char *HostMap::open(const char *path, Owner owner) noexcept {
  const int saved_errno = errno;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const char *why = fd < 0 ? "the ring file cannot be opened" : map(fd, owner);
  if (fd >= 0) ::close(fd);
  errno = saved_errno;
  return why;
}

// Nothing is written before it is known for a ring file: the path comes from the environment.
const char *HostMap::map(int fd, Owner owner) noexcept {
  struct stat facts {};
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return kIsNone;
  if (facts.st_size < static_cast<off_t>(sizeof(FileHeader))) return "the ring file is too short";
  char magic[sizeof kRingMagic];
  if (pread(fd, magic, sizeof magic, 0) != sizeof magic || std::memcmp(magic, kRingMagic, sizeof magic) != 0)
    return kIsNone;
  if (const char *why = danger_in(facts, owner)) {
    leave_notice(fd, why);
    return why;
  }
  const auto bytes = static_cast<size_t>(facts.st_size);
  void *data = mmap(nullptr, bytes, PROT_NONE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED || !allow_access(data, kPageBytes)) {
    const char *why = "no address space to map the ring file";
    leave_notice(fd, why);
    if (data != MAP_FAILED) munmap(data, bytes);
    return why;
  }
  const char *why = adopt(static_cast<std::byte *>(data), bytes);
  if (why != nullptr) munmap(data, bytes);
  else locked_ = true;
  return why;
}

const char *HostMap::adopt(std::byte *data, size_t bytes) noexcept {
  base_ = data;
  const char *why = check(bytes);
  if (why != nullptr) base_ = nullptr;
  return why;
}

// Each member is read once: its owner could change it in between.
const char *HostMap::check(size_t bytes) noexcept {
  const FileHeader &header = *this->header();
  if (std::memcmp(header.magic, kRingMagic, sizeof kRingMagic) != 0) return kIsNone;
  if (header.version != kRingVersion) return "the ring file is of another version of wsitrace";
  const uint32_t slots = read_once(header.ring_slots), processes = read_once(header.process_count),
                 rings = read_once(header.ring_count);
  if (processes > kMaxProcesses || rings > kMaxRings || slots < kMinRingSlots || slots > kMaxRingSlots ||
      (slots & (slots - 1)) != 0)
    return "the ring file's geometry is invalid";
  const uint64_t wanted =
      kPageBytes + uint64_t{processes} * kProcessBlockBytes + uint64_t{rings} * wsitrace::ring_bytes(slots);
  if (wanted > bytes) return "the ring file is shorter than its geometry";
  process_count_ = processes;
  ring_count_ = rings;
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

// STATE is the first member of its block. Blocks of others are only looked at.
bool HostMap::claim(std::atomic<uint32_t> &state, size_t header_bytes, size_t bytes) const noexcept {
  if (locked_ && !allow_access(&state, header_bytes)) return false;
  uint32_t expected = kReady;
  if (state.load(std::memory_order_relaxed) != kReady || (locked_ && !allow_access(&state, bytes))) return false;
  return state.compare_exchange_strong(expected, kClaimed, std::memory_order_acq_rel);
}

int HostMap::claim_process() noexcept {
  const uint32_t reserved = header()->processes_reserved.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < reserved && i < process_count_; ++i)
    if (claim(process(i)->state, kPageBytes, kProcessBlockBytes)) return static_cast<int>(i);
  return -1;
}

int HostMap::claim_ring() noexcept {
  const uint32_t reserved = header()->rings_reserved.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < reserved && i < ring_count_; ++i)
    if (claim(ring(i)->state, kRingHeaderBytes, wsitrace::ring_bytes(ring_slots_))) return static_cast<int>(i);
  return -1;
}

}  // namespace wsitrace
