// SPDX-License-Identifier: MIT
//
// How often lws has read from each descriptor: whether a request was there already when the response before it was done. And what it read
// first: which status a server or a proxy answered with, if it speaks HTTP at all.
//
// Who:     an entry that stands in front of lws's reads counts (agent/entry/imports/transport.cpp); the probe looks.
// Threads: a descriptor is read by one service thread at a time; nothing is shared between descriptors.
// Cost:    counting: an array look-up and a coarse clock read, 7 ns; the first read is looked into. Looking: an array look-up.
// Limits:  descriptors below kCountedFds; others are not counted.
#ifndef WSITRACE_PROBE_READS_H
#define WSITRACE_PROBE_READS_H

#include <cstddef>
#include <cstdint>

namespace wsitrace {

inline constexpr int kCountedFds = 65536;

// lws has read BYTES bytes, one at least.
// True: it is HTTP/2, and the other side a server, whose SETTINGS came first.
bool count_read(int fd, const void *read, size_t bytes) noexcept;
// FD belongs to a new connection.
void forget_reads(int fd) noexcept;
// The number of reads so far, as an event's `value` tells it; 0 when they are not counted.
int32_t read_mark(int fd) noexcept;
// See event.h.
int32_t first_answer(int fd) noexcept;
// lws has read from FD.
bool was_read(int fd) noexcept;
bool was_read_once(int fd) noexcept;
// True when asking the kernel what waits on FD is worth a system call: once per connection, and whenever the last read is so long
// ago (kWorthAskingMs) that the call cannot be felt.
bool is_worth_asking(int fd) noexcept;
inline constexpr uint32_t kWorthAskingMs = 4;  // the coarse clock's tick

}  // namespace wsitrace

#endif
