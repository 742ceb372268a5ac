// SPDX-License-Identifier: MIT
#include "agent/probe/reads.h"

#include <atomic>

#include "wsitrace/event.h"

#include "agent/base/clock.h"
#include "agent/lws/wire.h"

namespace wsitrace {
namespace {

struct Reads {
  std::atomic<uint32_t> count;
  std::atomic<uint32_t> last_ms;
  std::atomic<int32_t> first_answer;
};
constinit Reads g_reads[kCountedFds]{};

bool is_counted(int fd) noexcept { return fd >= 0 && fd < kCountedFds; }

}  // namespace

bool count_read(int fd, const void *read, size_t bytes) noexcept {
  if (!is_counted(fd)) return false;
  Reads &reads = g_reads[fd];
  const uint32_t before = reads.count.load(std::memory_order_relaxed);
  if (before == 0)
    reads.first_answer.store(first_answer_in(static_cast<const unsigned char *>(read), bytes),
                             std::memory_order_relaxed);
  reads.count.store(before + 1, std::memory_order_relaxed);
  reads.last_ms.store(static_cast<uint32_t>(coarse_ms()), std::memory_order_relaxed);
  return reads.first_answer.load(std::memory_order_relaxed) == kSettingsFirst;
}

void forget_reads(int fd) noexcept {
  if (is_counted(fd)) g_reads[fd].count.store(0, std::memory_order_relaxed);
}

int32_t read_mark(int fd) noexcept {
  return is_counted(fd) ? static_cast<int32_t>(g_reads[fd].count.load(std::memory_order_relaxed) & INT32_MAX) : 0;
}

int32_t first_answer(int fd) noexcept {
  if (!was_read(fd)) return kNoFirstAnswer;
  const int32_t first = g_reads[fd].first_answer.load(std::memory_order_relaxed);
  return first == kSettingsFirst ? kNotHttp : first;
}

bool was_read(int fd) noexcept { return is_counted(fd) && g_reads[fd].count.load(std::memory_order_relaxed) > 0; }

bool was_read_once(int fd) noexcept { return read_mark(fd) == 1; }

bool is_worth_asking(int fd) noexcept {
  if (!is_counted(fd)) return false;
  const Reads &reads = g_reads[fd];
  const uint32_t count = reads.count.load(std::memory_order_relaxed);
  return count == 1 ||
         (count > 1 &&
          static_cast<uint32_t>(coarse_ms()) - reads.last_ms.load(std::memory_order_relaxed) >= kWorthAskingMs);
}

}  // namespace wsitrace
