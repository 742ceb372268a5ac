// SPDX-License-Identifier: MIT
//
// Fuzzes read_log() with trace files.
#include "tests/fuzz/feed.h"
#include "tests/fuzz/trace_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wsitrace::feed(std::string(reinterpret_cast<const char *>(data), size), false);
  return 0;
}
