// SPDX-License-Identifier: MIT
//
// What lws reads off a socket, as far as the probe looks into it: how an answer begins, and the heads of HTTP/2's frames. Whoever is at the other
// end wrote it.
//
// Runs in the host: no heap, no lock, no call; linear in the length of the bytes, and no more than kMostFrames frames.
// Source: RFC 9112, 4 (status line); RFC 9113, 3.4, 4.1, 6.4 and 6.5 (frames); RFC 9218 (the last type of frame).
#ifndef WSITRACE_LWS_WIRE_H
#define WSITRACE_LWS_WIRE_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "wsitrace/event.h"

namespace wsitrace {

inline constexpr size_t kFrameHeadBytes = 9, kMostFrames = 32;
inline constexpr int32_t kSettingsFirst = -2;  // kNotHttp, and it begins as a server of HTTP/2 does

inline uint32_t big_endian(const unsigned char *bytes, size_t count) noexcept {
  uint32_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

inline bool is_first_settings(const unsigned char *read, size_t bytes) noexcept {
  constexpr unsigned char kTail[] = {4, 0, 0, 0, 0, 0};  // type, no flag, stream 0
  return bytes >= kFrameHeadBytes && big_endian(read, 2) == 0 && read[2] % 6 == 0 &&
         std::memcmp(read + 3, kTail, sizeof kTail) == 0;
}

// The status in "HTTP/1.1 200 OK", kNoFirstAnswer where it has not come yet or is none, kNotHttp or kSettingsFirst.
inline int32_t first_answer_in(const unsigned char *read, size_t bytes) noexcept {
  constexpr std::string_view kBegins = "HTTP/1.";
  constexpr size_t kStatusAt = 9;
  if (std::memcmp(read, kBegins.data(), std::min(bytes, kBegins.size())) != 0)
    return is_first_settings(read, bytes) ? kSettingsFirst : kNotHttp;
  int32_t status = 0;
  for (size_t i = kStatusAt; i < kStatusAt + 3; ++i) {
    if (i >= bytes || read[i] < '0' || read[i] > '9') return kNoFirstAnswer;
    status = status * 10 + (read[i] - '0');
  }
  return status;
}

// Calls TELL(FrameFacts) for each RST_STREAM of a stream that the client began and, where the read IS_FIRST, for a SETTINGS frame without
// settings at its beginning. READ begins with a frame, as far as is known.
template <typename Tell>
void for_frames_in(const unsigned char *read, size_t bytes, bool is_first, Tell tell) noexcept {
  constexpr size_t kResetBytes = 4;
  constexpr uint8_t kLastType = 16;
  for (size_t frames = 0; frames < kMostFrames && bytes >= kFrameHeadBytes; ++frames) {
    const size_t length = big_endian(read, 3);
    const bool has_code = length == kResetBytes && bytes >= kFrameHeadBytes + kResetBytes;
    const FrameFacts facts{big_endian(read + 5, 4), has_code ? big_endian(read + kFrameHeadBytes, kResetBytes) : 0,
                           read[3]};
    const bool is_reset =
        has_code && facts.type == kFrameReset && read[4] == 0 && facts.stream % 2 == 1 && facts.stream >> 31 == 0;
    const bool is_empty_settings = is_first && frames == 0 && facts.type == kFrameSettings && length == 0;
    if (is_reset || is_empty_settings) tell(facts);
    if (facts.type > kLastType || bytes - kFrameHeadBytes < length) return;
    read += kFrameHeadBytes + length;
    bytes -= kFrameHeadBytes + length;
  }
}

}  // namespace wsitrace

#endif
