// SPDX-License-Identifier: MIT
//
// An address of a Stack with a name. Whoever can read files finds the names (agent/symbols); everybody else shows them.
#ifndef WSITRACE_TIMELINE_FRAME_H
#define WSITRACE_TIMELINE_FRAME_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace wsitrace {

// Unknown: empty, 0.
struct Frame {
  uint64_t address = 0;  // in the host
  std::string module;    // path of the file that it lies in
  uint64_t offset = 0;   // there, as debuggers and addr2line(1) count: the address of the program headers
  std::string function;  // demangled
  std::string file;      // of the source
  int line = 0;
};

// Innermost first.
using Frames = std::vector<Frame>;

// The frames of a Stack (connection.h): one for each address, and before it one for each call that the compiler put in its place (inlined).
using NameFrames = std::function<Frames(const std::vector<uint64_t> &)>;

// Frames without a name.
inline Frames addresses_only(const std::vector<uint64_t> &stack) {
  Frames frames;
  for (const uint64_t address : stack) frames.emplace_back().address = address;
  return frames;
}

}  // namespace wsitrace

#endif
