// SPDX-License-Identifier: MIT
//
// Names for the addresses of stacks, from the files that were mapped into the host, after it has ended or on another day.
//
// How:     libdw: the function from the symbol table or DWARF, file and line from DWARF; separate debug files are found where
//          debuggers look for them (/usr/lib/debug, by build id).
// Sources: absolute and normal, unless the compiler was told to write something else (-ffile-prefix-map).
// Unknown: a file that is gone, or whose build id is another now, names nothing: its frames keep module and offset.
// Cost:    a file is read when the first address in it is asked for.
// Source:  https://sourceware.org/elfutils/
#ifndef WSITRACE_SYMBOLS_SYMBOLS_H
#define WSITRACE_SYMBOLS_SYMBOLS_H

#include <memory>

#include "agent/timeline/frame.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

class Symbols {
 public:
  // MODULES, those of a Timeline, may grow, and outlive this.
  explicit Symbols(const std::vector<Module> &modules);
  ~Symbols();
  Symbols(const Symbols &) = delete;
  Symbols &operator=(const Symbols &) = delete;

  Frames frames_of(const Stack &stack);
  // The same, to hand on; it must not outlive this.
  [[nodiscard]] NameFrames namer() {
    return [this](const Stack &stack) { return frames_of(stack); };
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wsitrace

#endif
