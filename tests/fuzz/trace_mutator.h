// SPDX-License-Identifier: MIT
//
// The mutator of the targets that read trace files: most mutants get right checksums and sequences again. Without them nothing behind the
// first chunk would ever be reached. Include it once, in the source of a target.
#ifndef WSITRACE_TESTS_FUZZ_TRACE_MUTATOR_H
#define WSITRACE_TESTS_FUZZ_TRACE_MUTATOR_H

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "wsitrace/layout.h"

namespace {

// One mutant in eight stays as it is.
constexpr unsigned kLeftAlone = 8;

void mend_chunks(uint8_t *data, size_t size) {
  size_t at = sizeof(wsitrace::TraceHeader);
  for (uint32_t sequence = 0; at + sizeof(wsitrace::ChunkHeader) <= size; ++sequence) {
    wsitrace::ChunkHeader header;
    std::memcpy(&header, data + at, sizeof header);
    uint8_t *payload = data + at + sizeof header;
    header.bytes = static_cast<uint32_t>(std::min<size_t>(header.bytes, size - at - sizeof header));
    header.sequence = sequence;
    header.crc32 = 0;
    const uLong crc = crc32(0, reinterpret_cast<const Bytef *>(&header), sizeof header);
    header.crc32 = static_cast<uint32_t>(crc32(crc, payload, header.bytes));
    std::memcpy(data + at, &header, sizeof header);
    at += sizeof header + header.bytes;
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (seed % kLeftAlone != 0 && size > sizeof(wsitrace::TraceHeader)) mend_chunks(data, size);
  return size;
}

#endif
