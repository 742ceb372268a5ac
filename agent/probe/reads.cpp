// SPDX-License-Identifier: MIT
#include "agent/probe/reads.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <string_view>

#include "wsitrace/event.h"

#include "agent/base/clock.h"

namespace wsitrace {
namespace {

struct Reads {
  std::atomic<uint32_t> count;
  std::atomic<uint32_t> last_ms;
  std::atomic<int32_t> first_answer;
};
constinit Reads g_reads[kCountedFds]{};

constexpr int32_t kSettingsFirst = -2;  // in first_answer, for kNotHttp: it begins as a server of HTTP/2 does

// RFC 9113, 3.4 and 6.5.
bool is_settings(const char *text, size_t bytes) noexcept {
  constexpr char kTail[] = {4, 0, 0, 0, 0, 0};  // type, no flag, stream 0
  return bytes >= 9 && text[0] == 0 && text[1] == 0 && static_cast<unsigned char>(text[2]) % 6 == 0 &&
         std::memcmp(text + 3, kTail, sizeof kTail) == 0;
}

// Of "HTTP/1.1 200 OK".
int32_t answer_in(const char *text, size_t bytes) noexcept {
  constexpr std::string_view kBegins = "HTTP/1.";
  constexpr size_t kStatusAt = 9;
  if (std::memcmp(text, kBegins.data(), std::min(bytes, kBegins.size())) != 0)
    return is_settings(text, bytes) ? kSettingsFirst : kNotHttp;
  int32_t status = 0;
  for (size_t i = kStatusAt; i < kStatusAt + 3; ++i) {
    if (i >= bytes || text[i] < '0' || text[i] > '9') return kNoFirstAnswer;
    status = status * 10 + (text[i] - '0');
  }
  return status;
}

bool is_counted(int fd) noexcept { return fd >= 0 && fd < kCountedFds; }

}  // namespace

bool count_read(int fd, const void *read, size_t bytes) noexcept {
  if (!is_counted(fd)) return false;
  Reads &reads = g_reads[fd];
  const uint32_t before = reads.count.load(std::memory_order_relaxed);
  if (before == 0)
    reads.first_answer.store(answer_in(static_cast<const char *>(read), bytes), std::memory_order_relaxed);
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
