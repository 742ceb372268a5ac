// SPDX-License-Identifier: MIT
//
// The terminal of `wsitrace top`: its alternate screen, keys, size. ncurses does it.
//
// Restored: by the destructor, which runs on every way out; signals that would end the program are read, not handled (next()).
// Threads:  one, and only one Terminal in a process.
#ifndef WSITRACE_CLI_TOP_TERMINAL_H
#define WSITRACE_CLI_TOP_TERMINAL_H

#include <memory>
#include <vector>

#include "agent/base/expected.h"
#include "agent/cli/top/top_keys.h"
#include "agent/cli/top/top_screen.h"

namespace wsitrace {

class Terminal {
 public:
  static Expected<std::unique_ptr<Terminal>> open();
  ~Terminal();
  Terminal(const Terminal &) = delete;
  Terminal &operator=(const Terminal &) = delete;

  [[nodiscard]] TopSize size() const;
  void show(const std::vector<TopLine> &lines);
  // Waits at most TIMEOUT_MS. kGone: by signal, or because the terminal is gone. kRedraw: it has another size.
  TopPress next(int timeout_ms);

 private:
  struct State;
  explicit Terminal(std::unique_ptr<State> state);
  TopKey on_signal();

  std::unique_ptr<State> state_;
};

}  // namespace wsitrace

#endif
