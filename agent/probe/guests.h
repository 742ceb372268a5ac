// SPDX-License-Identifier: MIT
//
// Vhosts of which only outbound connections are recorded: nobody enabled the plugin there, but lws puts connections on them that belong to
// others, those of a proxy mount for instance. What they accept is not ours to look at.
//
//    unknown --watch_as_guest()--> guest --it is enabled itself, or a request comes for it, though it has accepted nothing: a connection
//                                    |       of an observed vhost has moved there--> observed
//                                    +--it accepts a connection--> guest that accepts
//
// Threads: lock-free.
// Limits:  kGuestClients outbound connections at the same time; more are not recorded, and counted (protocol_unwrapped).
// Cost:    a load for every event while there is no guest; with guests a look-up of the vhost, on guests one of the connection.
#ifndef WSITRACE_PROBE_GUESTS_H
#define WSITRACE_PROBE_GUESTS_H

#include <atomic>
#include <cstddef>

#include <libwebsockets.h>

namespace wsitrace {

inline constexpr size_t kGuestClients = 4096;  // a power of two

// VHOST, which is known, is one.
void begin_guest(const lws_vhost *vhost) noexcept;
// A request for this vhost shows that it is a guest no more.
bool is_guest_entered(size_t vhost_index) noexcept;
// The callback REASON about WSI, or a call, is not to be recorded.
inline constexpr int kNoCallback = -1;
extern std::atomic<bool> g_any_guest;
[[gnu::noinline]] bool is_of_guest(lws *wsi, int reason) noexcept;
inline bool is_of_guest_only(lws *wsi, int reason) noexcept {
  return g_any_guest.load(std::memory_order_acquire) && wsi != nullptr && is_of_guest(wsi, reason);
}

}  // namespace wsitrace

#endif
