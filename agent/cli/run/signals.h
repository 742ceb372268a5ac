// SPDX-License-Identifier: MIT
//
// Signals while a program runs. A program under the launcher shall meet the signals it would meet without it, as often:
//
//   to the process group   Ctrl-C, Ctrl-\, hang-up, kill -PGID: the program has it already; the launcher stays until it has ended
//   to the launcher alone  SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 are handed on
//   SIGCHLD                wakes the launcher up
//
// Signals are blocked and read from a signalfd(2): no handler is installed, so the program inherits what the launcher had,
// once restore_in_child() has put mask and SIGCHLD back.
// Threads: one, and it must be made before there are others.
#ifndef WSITRACE_CLI_RUN_SIGNALS_H
#define WSITRACE_CLI_RUN_SIGNALS_H

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/cli/run/group_witness.h"

namespace wsitrace {

// A write beyond RLIMIT_FSIZE shall fail instead of ending wsitrace. To be called once, first; programs that are started then get the
// signal as this process got it.
void ignore_file_size_signal();

struct ReceivedSignal {
  int number;
  bool to_group;  // the launcher's whole process group got it
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
  void restore() const;
  std::vector<ReceivedSignal> read_pending();
  void tell_group_from_alone(std::vector<ReceivedSignal> &received);

  Fd fd_;
  std::optional<GroupWitness> witness_;  // without it, what no process sent counts as sent to the group
  bool active_ = true;
  sigset_t mask_before_{};
  struct sigaction child_before_ {};
};

// Tells which signals to hand on to the program. timeout(1) and the like send one signal twice, to the launcher and to the process group:
// what comes to the launcher alone within kRepeatNs of the same one to the group, from the same sender, has reached the program.
class Forwarding {
 public:
  static constexpr uint64_t kRepeatNs = 100'000'000;
  // IN_GROUP: the program is in the launcher's process group.
  bool accepts(const ReceivedSignal &signal, bool in_group, uint64_t now_ns);

 private:
  std::map<std::pair<int, uint32_t>, uint64_t> to_group_ns_;
};

}  // namespace wsitrace

#endif
