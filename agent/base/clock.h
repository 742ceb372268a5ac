// SPDX-License-Identifier: MIT
#ifndef WSITRACE_BASE_CLOCK_H
#define WSITRACE_BASE_CLOCK_H

#include <cstdint>
#include <ctime>

namespace wsitrace {

// Nanoseconds. async-signal-safe, no syscall where the vDSO serves the clock (about 22 ns).
inline uint64_t clock_ns(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}
inline uint64_t monotonic_ns() noexcept { return clock_ns(CLOCK_MONOTONIC); }
inline uint64_t realtime_ns() noexcept { return clock_ns(CLOCK_REALTIME); }
// Milliseconds, for spans: about 5 ns, and a tick (1 to 10 ms) coarse. Odd, so that it is not 0 in 32 bits either.
inline uint64_t coarse_ms() noexcept { return clock_ns(CLOCK_MONOTONIC_COARSE) / 1'000'000u | 1u; }

}  // namespace wsitrace

#endif
