// SPDX-License-Identifier: MIT
//
// When the event loop runs, as calls of lws_service() tell: whether two overlap, on two threads or one within the other, which lws does not
// allow; whether one lasts longer than it was asked to; who calls lws meanwhile on another thread, which lws is not made for; whether the
// program stayed away so long that clients waited (the kernel knows for how long, of each socket that is accepted from or read from in the
// turn after that); and when the last call returned.
//
// Limits:  a loop that is not run by lws_service() (a foreign one) is not seen. kLoops contexts, or service threads of them; of more, those
//          that nobody is in are forgotten.
// Fork:    nobody is in the loops of a forked child, and nothing was told of them yet. How long they stand, it knows from its parent.
// Threads: any.
// Cost:    two coarse clock reads, an exchange and two additions for each call of lws_service(); a load for each call that is looked at. In
//          the turn after a pause of kPauseMs a syscall for each accept or read.
#ifndef WSITRACE_PROBE_SERVICE_H
#define WSITRACE_PROBE_SERVICE_H

#include <libwebsockets.h>

#include <cstdint>

#include "wsitrace/event.h"

namespace wsitrace {

inline constexpr uint32_t kOversleptMs = 500;  // a shorter one nobody feels
inline constexpr uint32_t kPauseMs = 500;      // who waits longer notices
inline constexpr uint32_t kWaitedMs = 250;
inline constexpr int kNeverServed = -1;
inline constexpr int kStillServing = -2;
inline constexpr int kOnlyThread = -1;  // a `tsi`: of lws_service(), which has none

// CONTEXT is made: from now on its clients may wait.
void loop_may_begin(const void *context) noexcept;
// Around lws_service_tsi(CONTEXT, TIMEOUT_MS, TSI).
void service_begins(const void *context, int timeout_ms, int tsi) noexcept;
void service_ends(const void *context, int timeout_ms, int tsi) noexcept;
// lws_service_tsi(CONTEXT, ..., TSI) is called; the context has COUNT service threads. What is beyond them is no memory of lws's.
void note_service_thread(const void *context, int tsi, int count) noexcept;
// The calling thread is in lws_service().
bool is_serving() noexcept;
// Between these, what lws calls itself is not looked at.
void call_begins() noexcept;
void call_ends() noexcept;
// NAME, a literal, is about to be called for WSI, or for CONTEXT.
void note_call(lws *wsi, const char *name) noexcept;
void note_context_call(const void *context, const char *name) noexcept;
// In this thread's turn, FD was accepted or read from.
void note_served(int fd) noexcept;
// `value` of loop_left: how long ago lws_service() returned, in ms.
int service_left() noexcept;
// Of the call that has been going on for longest; zeros: there is none, or it is the first and its context was not seen to be made.
ServingFacts serving() noexcept;

}  // namespace wsitrace

#endif
