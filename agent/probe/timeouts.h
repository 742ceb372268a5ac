// SPDX-License-Identifier: MIT
//
// The last timeout that was set on each wsi by lws_set_timeout(): when lws closes a connection without a word, it says why.
//
// Cost:   remembering is one hash and two stores; lws sets several timeouts a request, so this is no event.
// Limits: kTimeoutSlots wsis, the latest of those that share a slot; a wsi that was pushed out has no timeout (0: unknown).
#ifndef WSITRACE_PROBE_TIMEOUTS_H
#define WSITRACE_PROBE_TIMEOUTS_H

#include <cstddef>
#include <cstdint>

namespace wsitrace {

inline constexpr size_t kTimeoutSlots = 16384;  // a power of two

void remember_timeout(const void *wsi, int reason, int seconds) noexcept;
// Tells and forgets it; pending_timeout_value() of event.h, 0 when there is none.
int32_t take_timeout(const void *wsi) noexcept;

}  // namespace wsitrace

#endif
