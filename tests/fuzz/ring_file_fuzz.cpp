// SPDX-License-Identifier: MIT
//
// Fuzzes read_log() with ring files that were left behind, in the packed form of ring_seed.h.
#include "tests/fuzz/feed.h"
#include "tests/fuzz/ring_seed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string packed(reinterpret_cast<const char *>(data), size);
  wsitrace::feed(wsitrace::unpack(packed), true);
  return 0;
}
