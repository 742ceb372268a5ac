// SPDX-License-Identifier: MIT
//
// The calls of lws_service(): whether two overlap, on two threads or one within the other, which lws does not allow; and whether the program
// stayed away from it for long, so that clients waited. For how long, the kernel knows of each socket that is accepted from or read from in
// the turn after that.
//
// Limits:  kLoops contexts; more are not judged.
// Threads: any.
// Cost:    an exchange and two stores for each call of lws_service(). In the turn after a pause of kPauseMs a
//          syscall for each accept or read.
#ifndef WSITRACE_PROBE_TURNS_H
#define WSITRACE_PROBE_TURNS_H

#include <cstddef>
#include <cstdint>

namespace wsitrace {

inline constexpr size_t kLoops = 16;
inline constexpr uint32_t kPauseMs = 500;  // who waits longer notices
inline constexpr uint32_t kWaitedMs = 250;

// The context is made: from now on its clients may wait.
void loop_may_begin(const void *context) noexcept;
// NOW_MS: of coarse_ms().
void service_begins(const void *context, uint32_t now_ms) noexcept;
void service_ends(const void *context, uint32_t now_ms) noexcept;
// In this thread's turn, FD was accepted or read from.
void note_served(int fd) noexcept;

}  // namespace wsitrace

#endif
