// SPDX-License-Identifier: MIT
#include "agent/collect/ring_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "agent/base/allow_access.h"
#include "agent/base/clock.h"
#include "agent/base/file_limit.h"
#include "agent/collect/liveness.h"

namespace wsitrace {
namespace {

uint64_t offset_of_process(uint32_t index) { return kPageBytes + uint64_t{index} * kProcessBlockBytes; }

uint64_t random_number() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) number = realtime_ns();
  return number;
}

// Storage behind the range, zero-filled where there was none. 0 or an error number.
int reserve_storage(int fd, uint64_t offset, uint64_t bytes) {
  int result = EINTR;
  while (result == EINTR) result = posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  return result;
}

Expected<RingFileOptions> check(RingFileOptions options) {
  if (options.ring_slots > kMaxRingSlots)
    return unexpected(Error{"ring slots", "more than " + std::to_string(kMaxRingSlots), "choose a smaller ring"});
  if (options.ring_count < 1 || options.ring_count > kMaxRings)
    return unexpected(Error{"ring count", "not within 1.." + std::to_string(kMaxRings), {}});
  if (options.process_count < 1 || options.process_count > kMaxProcesses)
    return unexpected(Error{"process count", "not within 1.." + std::to_string(kMaxProcesses), {}});
  options.ring_slots = std::bit_ceil(std::max(options.ring_slots, kMinRingSlots));
  return options;
}

uint64_t bytes_of(uint32_t processes, uint32_t rings, uint32_t slots) {
  return offset_of_process(processes) + rings * ring_bytes(slots);
}

// Why a header cannot be that of a ring file of FILE_BYTES, or nothing.
const char *fault_of(const FileHeader &header, uint64_t file_bytes) {
  const uint32_t slots = header.ring_slots;
  if (header.process_count > kMaxProcesses || header.ring_count > kMaxRings || slots < kMinRingSlots ||
      slots > kMaxRingSlots || !std::has_single_bit(slots))
    return "damaged: its geometry is impossible";
  if (header.process_bytes != kProcessBlockBytes || header.ring_bytes != ring_bytes(slots))
    return "damaged: its block sizes are impossible";
  if (bytes_of(header.process_count, header.ring_count, slots) > file_bytes)
    return "cut off: shorter than its header says";
  return nullptr;
}

// Why a file is not one to become the owner of, or nothing.
const char *fault_of(const struct stat &facts, bool any_user, std::optional<uid_t> also) {
  if (!S_ISREG(facts.st_mode)) return "not a regular file";
  if (!any_user && facts.st_uid != ::geteuid() && facts.st_uid != also) return "belongs to another user";
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to it";
  return nullptr;
}

template <typename Block>
uint32_t ready_below(uint32_t reserved, const Block &block) {
  uint32_t ready = 0;
  for (uint32_t i = 0; i < reserved; ++i) ready += block(i).state.load(std::memory_order_relaxed) == kReady;
  return ready;
}

Expected<Mapping> map(int fd, size_t bytes, int protection, const std::string &name) {
  void *data = ::mmap(nullptr, bytes, protection, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return unexpected(system_error(name, errno, "the ring file needs that much address space"));
  return Mapping(data, bytes);
}

}  // namespace

Expected<RingFile> RingFile::create(const std::string &path, const RingFileOptions &wanted) {
  auto options = check(wanted);
  if (!options) return unexpected(options.error());
  const std::string name = path.empty() ? "ring memory" : path;
  RingFile file;
  file.fd_ = Fd(path.empty() ? ::memfd_create("wsitrace", MFD_CLOEXEC)
                             : ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.fd_.valid()) return unexpected(system_error(name, errno, "choose a directory that you may write to"));
  file.path_ = path;
  file.options_ = *options;
  if (!path.empty() && file.is_locked_by_another()) return unexpected(Error{name, "another process owns it", {}});
  auto made = file.lay_out(name);
  if (made && options->user && ::fchown(file.fd_.get(), options->user->uid, options->user->gid) != 0)
    made = unexpected(system_error(name, errno, "an agent that gives rings to users must be root, or have CAP_CHOWN"));
  if (made) return file;
  if (!path.empty()) ::unlink(path.c_str());
  return unexpected(made.error());
}

Expected<void> RingFile::lay_out(const std::string &name) {
  ring_count_ = options_.ring_count;
  process_count_ = options_.process_count;
  ring_slots_ = options_.ring_slots;
  const uint64_t bytes = bytes_of(process_count_, ring_count_, ring_slots_);
  if (!may_grow_to(bytes))
    return unexpected(system_error(name, EFBIG, std::string(kFileLimitHint) + ", or choose a smaller ring"));
  if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return unexpected(system_error(name, errno, {}));
  auto mapping = map(fd_.get(), bytes, PROT_NONE, name);
  if (!mapping) return unexpected(mapping.error());
  mapping_ = std::move(*mapping);
  if (!reserve(0, kPageBytes)) return unexpected(system_error(name, errno, "make room on the disk"));
  FileHeader &to = header();
  to.version = kRingVersion;
  to.owner_pid = static_cast<uint32_t>(::getpid());
  to.file_bytes = bytes;
  to.session = random_number();
  to.process_count = process_count_;
  to.process_bytes = kProcessBlockBytes;
  to.ring_count = ring_count_;
  to.ring_bytes = static_cast<uint32_t>(ring_bytes(ring_slots_));
  to.ring_slots = ring_slots_;
  to.asked = options_.asked;
  to.created_mono_ns = monotonic_ns();
  to.created_real_ns = realtime_ns();
  std::memcpy(to.magic, kRingMagic, sizeof kRingMagic);
  if (!replenish() && (processes_reserved_ == 0 || rings_reserved_ == 0))
    return unexpected(system_error(name, ENOSPC, "make room on the disk"));
  return {};
}

Expected<RingFile> RingFile::open(const std::string &path) {
  RingFile file;
  file.path_ = path;
  file.fd_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.fd_.valid()) return unexpected(system_error(path, errno));
  return file.attach(PROT_READ).map([&] { return std::move(file); });
}

Expected<RingFile> RingFile::open_left_behind(const std::string &path, bool any_user, std::optional<uid_t> also) {
  RingFile file;
  file.path_ = path;
  file.fd_ = Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!file.fd_.valid() && errno == ELOOP) return unexpected(Error{path, "a symbolic link", "name the file itself"});
  struct stat facts {};
  if (!file.fd_.valid() || ::fstat(file.fd_.get(), &facts) != 0) return unexpected(system_error(path, errno));
  if (const char *fault = fault_of(facts, any_user, also)) return unexpected(Error{path, fault, {}});
  return file.attach(PROT_READ | PROT_WRITE).map([&] { return std::move(file); });
}

Expected<void> RingFile::attach(int protection) {
  struct stat facts {};
  if (::fstat(fd_.get(), &facts) != 0) return unexpected(system_error(path_, errno));
  const auto bytes = static_cast<uint64_t>(facts.st_size);
  if (bytes < kPageBytes) return unexpected(Error{path_, "cut off: shorter than a ring file's header", {}});
  auto mapping = map(fd_.get(), bytes, protection, path_);
  if (!mapping) return unexpected(mapping.error());
  mapping_ = std::move(*mapping);
  if (std::memcmp(header().magic, kRingMagic, sizeof kRingMagic) != 0)
    return unexpected(Error{path_, "not a ring file of wsitrace", {}});
  if (header().version != kRingVersion)
    return unexpected(Error{path_,
                            "ring file of version " + std::to_string(header().version) + ", this wsitrace reads " +
                                std::to_string(kRingVersion),
                            "use the wsitrace that made it"});
  if (const char *fault = fault_of(header(), bytes)) return unexpected(Error{path_, fault, {}});
  ring_count_ = header().ring_count;
  process_count_ = header().process_count;
  ring_slots_ = header().ring_slots;
  processes_reserved_ = std::min(header().processes_reserved.load(std::memory_order_acquire), process_count_);
  rings_reserved_ = std::min(header().rings_reserved.load(std::memory_order_acquire), ring_count_);
  return {};
}

bool RingFile::is_locked_by_another() const {
  return ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::optional<std::string> RingFile::living_owner() const {
  const uint32_t owner = header().owner_pid;
  const bool runs_here = owner != 0 && life_of(owner) == Liveness::kRuns;
  const LockState lock = lock_state_of(fd_.get());
  if (lock == LockState::kFree || (lock == LockState::kUnknown && !runs_here)) return std::nullopt;
  const std::string named = "process " + std::to_string(owner);
  return runs_here ? named : named + " of another pid namespace, or a child that it has left";
}

Expected<void> RingFile::own() {
  if (is_locked_by_another()) return unexpected(Error{path_, "another process owns it", {}});
  // What is said to be reserved may be a hole.
  int failed = reserve_storage(fd_.get(), 0, offset_of_process(processes_reserved_));
  const uint64_t rings = rings_reserved_ * wsitrace::ring_bytes(ring_slots_);
  if (failed == 0 && rings != 0) failed = reserve_storage(fd_.get(), offset_of_process(process_count_), rings);
  if (failed != 0) return unexpected(system_error(path_, failed, "make room on the disk"));
  header().owner_pid = static_cast<uint32_t>(::getpid());
  return {};
}

bool RingFile::replenish() {
  const auto process_at = [this](uint32_t i) -> ProcessBlock & { return process(i); };
  const auto ring_at = [this](uint32_t i) -> RingHeader & { return ring(i); };
  uint32_t processes = ready_below(processes_reserved_, process_at);
  for (; processes < options_.spare_processes && processes_reserved_ < process_count_; ++processes)
    if (!reserve_process(processes_reserved_)) return false;
  uint32_t rings = ready_below(rings_reserved_, ring_at);
  for (; rings < options_.spare_rings && rings_reserved_ < ring_count_; ++rings)
    if (!reserve_ring(rings_reserved_)) return false;
  return true;
}

bool RingFile::reserve(uint64_t offset, uint64_t bytes) {
  errno = reserve_storage(fd_.get(), offset, bytes);
  return errno == 0 && allow_access(mapping_.data() + offset, bytes);
}

bool RingFile::reserve_process(uint32_t index) {
  if (!reserve(offset_of_process(index), kProcessBlockBytes)) return false;
  process(index).state.store(kReady, std::memory_order_release);
  processes_reserved_ = index + 1;
  header().processes_reserved.store(processes_reserved_, std::memory_order_release);
  announce();
  return true;
}

bool RingFile::reserve_ring(uint32_t index) {
  const uint64_t bytes = ring_bytes(ring_slots_);
  if (!reserve(offset_of_process(process_count_) + index * bytes, bytes)) return false;
  ring(index).state.store(kReady, std::memory_order_release);
  rings_reserved_ = index + 1;
  header().rings_reserved.store(rings_reserved_, std::memory_order_release);
  announce();
  return true;
}

void RingFile::recycle_process(uint32_t index) {
  ProcessBlock &block = process(index);
  constexpr size_t kFrom = offsetof(ProcessBlock, pid);
  std::memset(reinterpret_cast<std::byte *>(&block) + kFrom, 0, sizeof(ProcessBlock) - kFrom);
  block.state.store(kReady, std::memory_order_release);
  announce();
}

void RingFile::recycle_ring(uint32_t index) {
  RingHeader &block = ring(index);
  constexpr size_t kFrom = offsetof(RingHeader, owner);
  std::memset(reinterpret_cast<std::byte *>(&block) + kFrom, 0, sizeof(RingHeader) - kFrom);
  block.state.store(kReady, std::memory_order_release);
  announce();
}

void RingFile::announce() { header().ready_generation.fetch_add(1, std::memory_order_release); }

// A gap is forgotten little by little, so that the one after a busy moment is right for callbacks that began in it.
void RingFile::tell_time(uint64_t now_ns) {
  constexpr uint64_t kNsPerMs = 1'000'000;
  FileHeader &to = header();
  const auto now_ms = std::max<uint32_t>(static_cast<uint32_t>(now_ns / kNsPerMs), 1);
  const uint32_t before_ms = to.clock_ms.load(std::memory_order_relaxed);
  const uint32_t gap_ms = before_ms == 0 ? 0 : now_ms - before_ms;
  const uint32_t known_ms = to.clock_gap_ms.load(std::memory_order_relaxed);
  to.clock_gap_ms.store(std::max(gap_ms, known_ms - known_ms / 64), std::memory_order_relaxed);
  to.clock_ms.store(now_ms, std::memory_order_release);
}

FileHeader &RingFile::header() const { return *reinterpret_cast<FileHeader *>(mapping_.data()); }

ProcessBlock &RingFile::process(uint32_t index) const {
  return *reinterpret_cast<ProcessBlock *>(mapping_.data() + offset_of_process(index));
}

RingHeader &RingFile::ring(uint32_t index) const {
  return *reinterpret_cast<RingHeader *>(mapping_.data() + offset_of_process(process_count_) +
                                         index * ring_bytes(ring_slots_));
}

const std::byte *RingFile::slots(uint32_t ring_index) const {
  return reinterpret_cast<const std::byte *>(&ring(ring_index)) + kRingHeaderBytes;
}

}  // namespace wsitrace
