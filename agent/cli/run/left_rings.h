// SPDX-License-Identifier: MIT
//
// Rings that launchers of this user have left behind, because they were killed: each takes memory until somebody removes it. The next run
// does. What nobody has drained stays for kKeptS, for `wsitrace report RING` or an agent.
//
// In use: the launcher lives, or says so by its clock (it may live in another pid namespace, which shares the directory), or a process
//         that records into the ring lives.
// Cost:   nothing where there is none; kMost files are looked at.
#ifndef WSITRACE_CLI_RUN_LEFT_RINGS_H
#define WSITRACE_CLI_RUN_LEFT_RINGS_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace wsitrace {

inline constexpr size_t kMostLeftRings = 256;
inline constexpr int64_t kLeftRingKeptS = 3600;
inline constexpr uint32_t kLaunchersClockMs = 2000;  // a launcher drains, and tells the time, every 10 ms

// DIRECTORY is this user's alone. Returns how many were removed.
size_t remove_left_rings(const std::string &directory);

}  // namespace wsitrace

#endif
