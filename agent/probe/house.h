// SPDX-License-Identifier: MIT
//
// What a vhost is made of: its mounts and its protocols, told once, right after vhost_created.
//
// Privacy: of a mount its mountpoint, which is part of every path below it; not its origin.
// Cost:    an event for each mount and each protocol, kMostMounts and kMostProtocols at most, when a vhost is made.
#ifndef WSITRACE_PROBE_HOUSE_H
#define WSITRACE_PROBE_HOUSE_H

#include <libwebsockets.h>

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kMostMounts = 32, kMostProtocols = 32;

// VHOST was made with INFO.
void tell_house(lws_vhost *vhost, const lws_context_creation_info &info) noexcept;

}  // namespace wsitrace

#endif
