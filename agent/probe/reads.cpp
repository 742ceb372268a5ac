// SPDX-License-Identifier: MIT
#include "agent/probe/reads.h"

#include <atomic>
#include <ctime>

namespace wsitrace {
namespace {

struct Reads {
  std::atomic<uint32_t> count;
  std::atomic<uint32_t> last_ms;
};
Reads g_reads[kCountedFds];

uint32_t coarse_ms() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint32_t>(now.tv_sec) * 1000 + static_cast<uint32_t>(now.tv_nsec / 1'000'000);
}

bool is_counted(int fd) noexcept { return fd >= 0 && fd < kCountedFds; }

}  // namespace

void count_read(int fd) noexcept {
  if (!is_counted(fd)) return;
  Reads &reads = g_reads[fd];
  reads.count.store(reads.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  reads.last_ms.store(coarse_ms(), std::memory_order_relaxed);
}

void forget_reads(int fd) noexcept {
  if (is_counted(fd)) g_reads[fd].count.store(0, std::memory_order_relaxed);
}

int32_t read_mark(int fd) noexcept {
  return is_counted(fd) ? static_cast<int32_t>(g_reads[fd].count.load(std::memory_order_relaxed) & INT32_MAX) : 0;
}

bool was_read(int fd) noexcept { return is_counted(fd) && g_reads[fd].count.load(std::memory_order_relaxed) > 0; }

bool is_worth_asking(int fd) noexcept {
  if (!is_counted(fd)) return false;
  const Reads &reads = g_reads[fd];
  const uint32_t count = reads.count.load(std::memory_order_relaxed);
  return count == 1 || (count > 1 && coarse_ms() - reads.last_ms.load(std::memory_order_relaxed) >= kWorthAskingMs);
}

}  // namespace wsitrace
