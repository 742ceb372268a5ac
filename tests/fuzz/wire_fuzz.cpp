// SPDX-License-Identifier: MIT
//
// Fuzzes what the probe makes of the bytes that a peer sends (agent/lws/wire.h).
#include <cstdint>
#include <memory>

#include "agent/lws/wire.h"

namespace wsitrace {
namespace {

void require(bool promise) {
  if (!promise) __builtin_trap();
}

void check_answer(int32_t answer) {
  require(answer == kNoFirstAnswer || answer == kNotHttp || answer == kSettingsFirst || (answer > 0 && answer <= 999));
}

void check_frames(const unsigned char *read, size_t bytes, bool is_first) {
  size_t told = 0;
  for_frames_in(read, bytes, is_first, [&](const FrameFacts &facts) {
    ++told;
    if (facts.type == kFrameSettings) require(is_first && told == 1 && facts.error == 0);
    else require(facts.type == kFrameReset && facts.stream % 2 == 1 && facts.stream <= INT32_MAX);
  });
  require(told <= kMostFrames && told * kFrameHeadBytes <= bytes);
}

}  // namespace
}  // namespace wsitrace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::unique_ptr<unsigned char[]> read(
      new unsigned char[size]);  // no byte more, so that a read behind it is found
  for (size_t i = 0; i < size; ++i) read[i] = data[i];
  wsitrace::check_answer(wsitrace::first_answer_in(read.get(), size));
  wsitrace::check_frames(read.get(), size, true);
  wsitrace::check_frames(read.get(), size, false);
  return 0;
}
