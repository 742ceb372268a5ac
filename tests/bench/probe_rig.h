// SPDX-License-Identifier: MIT
//
// The whole probe on a library that is not there: an LwsApi whose functions return fixed answers, rings in memory, one
// vhost, one protocol. Callbacks go through its thunk, as lws would make them.
//
// The reader's role is played by give_back(): every so many events the slots are handed back without being looked at, so that
// the ring is never full and no second thread disturbs the measurement.
#ifndef WSITRACE_BENCH_PROBE_RIG_H
#define WSITRACE_BENCH_PROBE_RIG_H

#include <libwebsockets.h>

#include "wsitrace/layout.h"

namespace wsitrace::bench {

inline constexpr uint32_t kGiveBackEvery = 512;  // well below the ring's 32768 slots, nine an event at most

// Ends the program with a message when there is no memory for the rings. Idempotent: the probe is one per process.
void set_up_probe();

lws *fake_wsi() noexcept;
// The host's callback, and the thunk that stands in for it; not to be seen through by the compiler.
lws_callback_function *bare_callback() noexcept;
lws_callback_function *wrapped_callback() noexcept;
size_t wrapped_index() noexcept;

void give_back() noexcept;

// One callback through the thunk.
inline void call(lws_callback_function *callback, lws_callback_reasons reason, void *in, size_t length) noexcept {
  static uint32_t calls = 0;
  callback(fake_wsi(), reason, nullptr, in, length);
  if (++calls % kGiveBackEvery == 0) give_back();
}

}  // namespace wsitrace::bench

#endif
