// SPDX-License-Identifier: MIT
//
// A ring file of one process and two small rings is 272 KiB, nearly all of it zeros. This is the part of it that a reader
// looks at, packed, so that a fuzzer's inputs stay small.
#ifndef WSITRACE_TESTS_FUZZ_RING_SEED_H
#define WSITRACE_TESTS_FUZZ_RING_SEED_H

#include <algorithm>
#include <string>

#include "wsitrace/layout.h"

namespace wsitrace {

inline constexpr uint32_t kSeedSlots = kMinRingSlots;
inline constexpr uint32_t kSeedRings = 2;
inline constexpr uint32_t kSeedStrings = 16;
inline constexpr uint32_t kSeedTextBytes = 256;

struct Piece {
  size_t offset, bytes;
};
inline constexpr size_t kSeedRing = kPageBytes + kProcessBlockBytes;
inline constexpr Piece kSeedPieces[] = {
    {0, sizeof(FileHeader)},
    {kPageBytes, offsetof(ProcessBlock, strings) + kSeedStrings * sizeof(StringEntry)},
    {kPageBytes + sizeof(ProcessBlock), kSeedTextBytes},
    {kSeedRing, sizeof(RingHeader)},
    {kSeedRing + kRingHeaderBytes, kSeedSlots *kSlotBytes},
    {kSeedRing + ring_bytes(kSeedSlots), sizeof(RingHeader)},
    {kSeedRing + ring_bytes(kSeedSlots) + kRingHeaderBytes, kSeedSlots *kSlotBytes},
};
inline constexpr size_t kSeedFileBytes = kSeedRing + kSeedRings * ring_bytes(kSeedSlots);

inline std::string pack(const std::string &file) {
  std::string packed;
  for (const Piece &piece : kSeedPieces) packed += file.substr(piece.offset, piece.bytes);
  return packed;
}

// A file as long as a ring file, with whatever PACKED has for its pieces.
inline std::string unpack(const std::string &packed) {
  std::string file(kSeedFileBytes, '\0');
  size_t at = 0;
  for (const Piece &piece : kSeedPieces) {
    const size_t bytes = std::min(piece.bytes, packed.size() - at);
    file.replace(piece.offset, bytes, packed, at, bytes);
    at += bytes;
  }
  return file;
}

}  // namespace wsitrace

#endif
