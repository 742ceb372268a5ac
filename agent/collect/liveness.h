// SPDX-License-Identifier: MIT
//
// Whether the processes and threads that claimed blocks are still there. Used by the collector, which may take a block
// back only when nobody can write to it any more.
//
// A number is no process: it is given out again. A process that attached at some time and one with its number that began later are two.
//
// Source: kill(2) with signal 0; proc(5), /proc/PID/stat, /proc/PID/status and /proc/PID/task.
// Cost:   a few system calls each; ask every few passes, not every event.
#ifndef WSITRACE_COLLECT_LIVENESS_H
#define WSITRACE_COLLECT_LIVENESS_H

#include <cstdint>
#include <optional>
#include <string>

namespace wsitrace {

enum class Liveness {
  kRuns,
  kZombieOfOurs,  // ended; this process has yet to wait for it
  kGone,          // ended; a zombie of another parent counts as gone
};
Liveness life_of(uint32_t pid);
// Of the process PID that was there at THEN_MONO_NS (0: whenever). One that began later is another: this one is gone.
// Time that the machine slept since counts as before: what began in so much time after THEN is taken for it.
Liveness life_of(uint32_t pid, uint64_t then_mono_ns);
// The user as whom the process runs (its effective one); nothing when it cannot be seen.
std::optional<uint32_t> user_of(uint32_t pid);
// Whether somebody holds a lock (flock(2)) on what FD has open. That says who lives across pid namespaces. Whoever wants it in this very moment
// is refused; it is free again when this returns.
enum class LockState { kFree, kHeld, kUnknown };
LockState lock_state_of(int fd);
// The same of the file or directory PATH.
LockState lock_state_of(const std::string &path);
// The point of CLOCK_MONOTONIC that was UNIX_NS, by the clock of today; 1 if it was before the machine started.
uint64_t as_monotonic_ns(uint64_t unix_ns);
bool thread_is_gone(uint32_t pid, uint32_t thread_id);

}  // namespace wsitrace

#endif
