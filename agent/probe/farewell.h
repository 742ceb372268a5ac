// SPDX-License-Identifier: MIT
//
// What is only to be had while the process still is: which of the sockets that stay open at its exit have lost their peer, or hold what nobody
// read; and how far the responses got that are not completed.
#ifndef WSITRACE_PROBE_FAREWELL_H
#define WSITRACE_PROBE_FAREWELL_H

namespace wsitrace {

// Call at an orderly exit, or when recording ends, not in a signal handler. Costs a syscall for each descriptor that lws was seen to read from (reads.h);
// records at most kMaxPeersLeft events.
void record_peers_left() noexcept;
inline constexpr int kMaxPeersLeft = 256;
// Same. Looks into kFinalSlots slots (finals.h); records at most one event for each.
void record_responses_left() noexcept;
// As record_peers_left(), of those whose peer is there and has been quiet; at most kMaxQuiet events.
void record_quiet_sockets() noexcept;
inline constexpr int kMaxQuiet = 256;
// Where the loop is.
void record_loop() noexcept;

}  // namespace wsitrace

#endif
