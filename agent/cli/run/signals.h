// SPDX-License-Identifier: MIT
//
// Signals while a program runs. A program under the launcher shall meet the signals it would meet without it:
//
//   Ctrl-C, Ctrl-\     the terminal sends them to both; the launcher lets them pass and stays until the program has ended
//   kill LAUNCHERPID   SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, and SIGINT and SIGQUIT when a process sent them, are handed on
//   SIGCHLD            wakes the launcher up
//
// Signals are blocked and read from a signalfd(2): no handler is installed, so the program inherits what the launcher had,
// once restore_in_child() has put mask and SIGCHLD back.
// Threads: one, and it must be made before there are others.
#ifndef WSITRACE_CLI_RUN_SIGNALS_H
#define WSITRACE_CLI_RUN_SIGNALS_H

#include <csignal>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "agent/base/expected.h"
#include "agent/base/fd.h"

namespace wsitrace {

struct ReceivedSignal {
  int number;
  bool from_process;  // not from the terminal or the kernel
  uint32_t sender_pid;
};

class Signals {
 public:
  static Expected<Signals> take_over();
  Signals(Signals &&other) noexcept;
  Signals &operator=(Signals &&) = delete;
  ~Signals();  // puts back what was there

  // Between fork and exec: async-signal-safe.
  void restore_in_child() const;
  // Waits until a signal comes or TIMEOUT_MS have passed, and returns what came.
  std::vector<ReceivedSignal> wait(int timeout_ms);

 private:
  Signals() = default;

  Fd fd_;
  bool active_ = true;
  sigset_t mask_before_{};
  struct sigaction child_before_ {};
};

// Tells which signals to hand on to the program. timeout(1) and the like send one signal to the launcher twice, to it and to its
// process group: within kRepeatNs the same one from the same sender is one.
class Forwarding {
 public:
  static constexpr uint64_t kRepeatNs = 100'000'000;
  bool accepts(const ReceivedSignal &signal, uint64_t now_ns);

 private:
  std::map<std::pair<int, uint32_t>, uint64_t> last_ns_;
};

}  // namespace wsitrace

#endif
