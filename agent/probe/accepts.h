// SPDX-License-Identifier: MIT
//
// What lws's own accept() returns: a server that is out of descriptors spins in its event loop, and its clients wait unseen.
//
// And whose queue lws leaves alone: its own table of descriptors being full, it looks at its listeners no more, without a word.
//
// Cost: two loads when accept() succeeds, which is once per connection; two syscalls when the number of failures in a row has doubled.
#ifndef WSITRACE_PROBE_ACCEPTS_H
#define WSITRACE_PROBE_ACCEPTS_H

namespace wsitrace {

// accept() on LISTENER returned FD.
void accept_succeeded(int listener, int fd) noexcept;
// accept() on LISTENER returned -1, with this errno. Preserves it.
void accept_failed(int listener, int error) noexcept;

// Records clients_waiting for each listener whose queue is not empty. Call before a context is destroyed, and at an orderly exit. Costs a
// syscall for each socket that lws made for itself, and for each that it accepted from.
void record_clients_waiting() noexcept;
inline constexpr int kKnownListeners = 64;

}  // namespace wsitrace

#endif
