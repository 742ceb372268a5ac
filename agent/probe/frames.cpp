// SPDX-License-Identifier: MIT
#include "agent/probe/frames.h"

#include <cstdint>

#include "agent/probe/errno_guard.h"
#include "agent/probe/probe.h"
#include "agent/probe/reads.h"
#include "agent/probe/record.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr size_t kFrameHeadBytes = 9, kResetBytes = 4, kMostFrames = 32;  // RFC 9113, 4.1 and 6.4
constexpr uint8_t kLastType = 16;                                         // PRIORITY_UPDATE, RFC 9218

uint32_t big_endian(const unsigned char *bytes, size_t count) noexcept {
  uint32_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

void note_frames(int fd, const void *read, size_t bytes) noexcept {
  if (!is_on()) return;
  const ErrnoGuard guard;
  const bool is_first = was_read_once(fd);
  const auto *at = static_cast<const unsigned char *>(read);
  for (size_t frames = 0; frames < kMostFrames && bytes >= kFrameHeadBytes; ++frames) {
    const size_t length = big_endian(at, 3);
    const FrameFacts facts{big_endian(at + 5, 4),
                           length == kResetBytes && bytes >= kFrameHeadBytes + kResetBytes
                               ? big_endian(at + kFrameHeadBytes, kResetBytes)
                               : 0,
                           at[3]};
    const bool is_reset = facts.type == kFrameReset && length == kResetBytes && at[4] == 0 && facts.stream % 2 == 1 &&
                          facts.stream >> 31 == 0 && bytes >= kFrameHeadBytes + kResetBytes;
    const bool is_empty_settings = is_first && frames == 0 && facts.type == kFrameSettings && length == 0;
    if (is_reset || is_empty_settings) record_with(k_frame_read, fd, kItemFrame, &facts, sizeof facts);
    if (facts.type > kLastType || bytes - kFrameHeadBytes < length) return;
    at += kFrameHeadBytes + length;
    bytes -= kFrameHeadBytes + length;
  }
}

}  // namespace wsitrace
