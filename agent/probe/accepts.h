// SPDX-License-Identifier: MIT
//
// What lws's own accept() returns: a server that is out of descriptors spins in its event loop, and its clients wait unseen.
//
// Cost: a load when accept() succeeds, which is once per connection; two syscalls when the number of failures in a row has doubled.
#ifndef WSITRACE_PROBE_ACCEPTS_H
#define WSITRACE_PROBE_ACCEPTS_H

namespace wsitrace {

void accept_succeeded() noexcept;
// accept() on LISTENER returned -1, with this errno. Preserves it.
void accept_failed(int listener, int error) noexcept;

}  // namespace wsitrace

#endif
