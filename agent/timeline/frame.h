// SPDX-License-Identifier: MIT
//
// An address of a Stack with a name. Whoever can read files finds the names (agent/symbols); everybody else shows them.
#ifndef WSITRACE_TIMELINE_FRAME_H
#define WSITRACE_TIMELINE_FRAME_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
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

// The function that begins at ADDRESS; nothing: no file names it. A namer expects return addresses, one beyond what it is asked for.
inline std::optional<Frame> function_at(const NameFrames &name, uint64_t address) {
  if (address == 0) return std::nullopt;
  Frames frames = name({address + 1});
  if (frames.empty() || frames.back().function.empty()) return std::nullopt;
  return std::move(frames.back());
}

// Frames without a name.
inline Frames addresses_only(const std::vector<uint64_t> &stack) {
  Frames frames;
  for (const uint64_t address : stack) frames.emplace_back().address = address;
  return frames;
}

}  // namespace wsitrace

#endif
