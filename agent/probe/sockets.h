// SPDX-License-Identifier: MIT
//
// What the kernel knows of a socket: its addresses, TCP_INFO, what waits in it. Nothing is changed; errno may be, where it is not said.
#ifndef WSITRACE_PROBE_SOCKETS_H
#define WSITRACE_PROBE_SOCKETS_H

#include <cstdint>

#include "agent/ring/writer.h"

namespace wsitrace {

// Both addresses of FD.
void add_addresses(Items &items, int fd) noexcept;
void add_local_address(Items &items, int fd) noexcept;
// Of what waits on FD: only if it came before the last byte of the response went did the peer not wait for that.
bool came_before_response(int fd) noexcept;
// TCP_INFO of FD, if it was ever connected, and what waits unread.
void add_tcp_of(Items &items, int fd) noexcept;
// A connection on FD is about to end: its addresses, TCP_INFO. Preserves errno.
void add_ended_socket(Items &items, int fd) noexcept;
// TCP_INFO of FD, if its peer has closed and this side has not, or if what came in has waited unread for long.
bool add_tcp_unheeded(Items &items, int fd) noexcept;
// TCP_INFO of FD, if its peer is there and nothing came from it for kQuietMs.
bool add_tcp_if_quiet(Items &items, int fd) noexcept;
inline constexpr uint32_t kQuietMs = 50;
// How long ago the last byte came in on FD, or else its connect; 0: unknown.
uint32_t heard_ms_ago(int fd) noexcept;
// How many connections wait in the kernel's queue of a listener.
uint32_t queued_on(int listener) noexcept;

}  // namespace wsitrace

#endif
