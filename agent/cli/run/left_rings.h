// SPDX-License-Identifier: MIT
//
// Rings that launchers of this user have left behind, because they were killed: each takes memory until somebody removes it. The next run
// does, but for kReadRingKeptS: somebody may be about to look. What nobody has drained stays for kLeftRingKeptS, for `wsitrace report RING`
// or an agent.
//
// In use: its launcher holds the lock on it, also from another pid namespace that shares the directory, or a process that records into it
//         lives.
// Cost:   nothing where there is none; kMostLeftRings files are looked at.
#ifndef WSITRACE_CLI_RUN_LEFT_RINGS_H
#define WSITRACE_CLI_RUN_LEFT_RINGS_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace wsitrace {

inline constexpr size_t kMostLeftRings = 256;
inline constexpr int64_t kReadRingKeptS = 10, kLeftRingKeptS = 3600;

// DIRECTORY is this user's alone. Returns how many were removed.
size_t remove_left_rings(const std::string &directory);

}  // namespace wsitrace

#endif
