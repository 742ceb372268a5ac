// SPDX-License-Identifier: MIT
#include "agent/collect/liveness.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/fd.h"

namespace wsitrace {
namespace {

struct Stat {
  char state = 0;
  int parent = 0;
  long threads = 0;
  uint64_t started_ticks = 0;  // since the machine started, sleep included
};

std::optional<Stat> stat_of(uint32_t pid) {
  const Fd fd(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t length = fd.valid() ? ::read(fd.get(), text, sizeof text - 1) : -1;
  if (length <= 0) return std::nullopt;
  text[length] = '\0';
  const char *after_name = std::strrchr(text, ')');  // the name may hold anything
  constexpr const char *kFields =
      ") %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %*s %" SCNu64;
  Stat stat;
  if (after_name == nullptr ||
      std::sscanf(after_name, kFields, &stat.state, &stat.parent, &stat.threads, &stat.started_ticks) != 4)
    return std::nullopt;
  return stat;
}

// CLOCK_BOOTTIME keeps running while the machine sleeps. Never too early: it is read last.
uint64_t as_boot_ns(uint64_t mono_ns) {
  const uint64_t now_ns = monotonic_ns();
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  const uint64_t boot_ns = static_cast<uint64_t>(boot.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(boot.tv_nsec);
  return boot_ns > now_ns ? mono_ns + (boot_ns - now_ns) : mono_ns;
}

bool began_after(const Stat &stat, uint64_t then_mono_ns) {
  const auto tick_ns = 1'000'000'000 / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  return stat.started_ticks * tick_ns > as_boot_ns(then_mono_ns);  // ticks are cut off: never later than it was
}

}  // namespace

Liveness life_of(uint32_t pid) { return life_of(pid, 0); }

Liveness life_of(uint32_t pid, uint64_t then_mono_ns) {
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return Liveness::kGone;
  const auto stat = stat_of(pid);
  if (stat && then_mono_ns != 0 && began_after(*stat, then_mono_ns)) return Liveness::kGone;
  // A zombie whose other threads still run is a process whose first thread has ended, and lives on.
  if (!stat || (stat->state != 'Z' && stat->state != 'X') || stat->threads > 1) return Liveness::kRuns;
  return stat->parent == ::getpid() ? Liveness::kZombieOfOurs : Liveness::kGone;
}

std::optional<uint32_t> user_of(uint32_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) +
                       "/status");  // its owner in /proc is root once it has changed users
  uint32_t user = 0;
  for (std::string line; std::getline(status, line);)
    if (std::sscanf(line.c_str(), "Uid: %*u %" SCNu32, &user) == 1) return user;
  return std::nullopt;
}

LockState lock_state_of(int fd) {
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK ? LockState::kHeld : LockState::kUnknown;
  ::flock(fd, LOCK_UN);
  return LockState::kFree;
}

LockState lock_state_of(const std::string &path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  return fd.valid() ? lock_state_of(fd.get()) : LockState::kUnknown;
}

uint64_t as_monotonic_ns(uint64_t unix_ns) {
  const uint64_t now_ns = monotonic_ns(), now_unix_ns = realtime_ns();
  const uint64_t ago_ns = now_unix_ns > unix_ns ? now_unix_ns - unix_ns : 0;
  return ago_ns < now_ns ? now_ns - ago_ns : 1;
}

bool thread_is_gone(uint32_t pid, uint32_t thread_id) {
  const std::string task = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread_id);
  return ::access(task.c_str(), F_OK) != 0 && errno == ENOENT;
}

}  // namespace wsitrace
