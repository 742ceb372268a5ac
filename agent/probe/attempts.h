// SPDX-License-Identifier: MIT
//
// Why lws could not connect: the call that failed, and how. CLIENT_CONNECTION_ERROR of lws 4.1.6 does not say, later ones do sometimes.
//
// Who:     an entry that stands in front of lws's calls tells (agent/entry/imports/transport.cpp); the probe adds it to the next failure that
//          lws reports in the same thread.
// Threads: one fact, and one address, per thread.
// Cost:    a store for each call, a handful per outbound connection.
#ifndef WSITRACE_PROBE_ATTEMPTS_H
#define WSITRACE_PROBE_ATTEMPTS_H

#include "agent/ring/writer.h"
#include "wsitrace/event.h"

namespace wsitrace {

// STEP failed in this thread with ERROR; 0: it did not, and what failed before was not the end of it (lws tries all addresses of a name).
void attempt_made(ConnectStep step, int error) noexcept;
// FD is about to be connected to ADDRESS.
void attempt_begins(int fd, const void *address, size_t length) noexcept;
// What fails next is not known to be about the address that was told last, unless that was told of FD.
void attempt_ends(int fd) noexcept;
// Adds what failed last in this thread, if anything did since the last call, and forgets it.
void add_attempt(Items &items) noexcept;

}  // namespace wsitrace

#endif
