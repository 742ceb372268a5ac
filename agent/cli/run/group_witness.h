// SPDX-License-Identifier: MIT
//
// Tells whether a signal was sent to the whole process group of the launcher, and so has reached the program already, or to the launcher
// alone. The kernel says the same of both in siginfo. So a process of ours sits in the group, to which nobody sends anything by
// its number: what it gets, the group got.
//
//   kill(-GROUP), Ctrl-C  --> launcher, program, witness
//   kill(LAUNCHER)        --> launcher
//
// The witness: a fork that blocks all signals, holds none of the launcher's files and ends when the launcher has ended, however.
// Ordering:    a signal to a group is delivered to all its members under the kernel's tasklist_lock; setpgid(2) takes it for writing.
//              After settle() whoever was sent a signal before has it (kernel/signal.c, kill_something_info and kill_pgrp; kernel/sys.c).
// Threads:     one, and it must be made before there are others.
#ifndef WSITRACE_CLI_RUN_GROUP_WITNESS_H
#define WSITRACE_CLI_RUN_GROUP_WITNESS_H

#include <csignal>
#include <cstdint>
#include <optional>

#include "agent/base/expected.h"
#include "agent/base/fd.h"

namespace wsitrace {

class GroupWitness {
 public:
  // A set of signals: bit N for signal N.
  using Set = uint64_t;

  // Watches for TAKEN.
  static Expected<GroupWitness> begin(const sigset_t &taken);

  // Returns when every signal that was being sent to the group has reached all of it.
  static void settle();
  // What has reached the witness since the last call; nothing when it is gone.
  std::optional<Set> take();

 private:
  explicit GroupWitness(Fd channel) : channel_(std::move(channel)) {}

  Fd channel_;  // a byte asks, a Set answers, its end ends the witness
};

}  // namespace wsitrace

#endif
