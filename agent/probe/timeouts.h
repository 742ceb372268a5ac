// SPDX-License-Identifier: MIT
//
// The last timeout that was set on each wsi by lws_set_timeout(): when lws closes a connection without a word, it says why.
//
// Cost:   remembering is one hash and four stores; lws sets several timeouts a request, so this is no event.
// Limits: kTimeoutSlots wsis, the latest of those that share a slot; a wsi that was pushed out has no timeout (0: unknown).
#ifndef WSITRACE_PROBE_TIMEOUTS_H
#define WSITRACE_PROBE_TIMEOUTS_H

#include <cstddef>
#include <cstdint>

namespace wsitrace {

inline constexpr size_t kTimeoutSlots = 16384;  // a power of two

struct PendingTimeout {
  int32_t value = 0;           // pending_timeout_value() of event.h, 0 when there is none
  bool is_of_program = false;  // the application has set it, not lws
  bool kills_at_once = false;  // LWS_TO_KILL_SYNC
  uint32_t set_ms = 0;         // when, by the clock that remember_timeout() got; 0: unknown
};
// NOW_MS: by the owner's clock, which costs a load.
void remember_timeout(const void *wsi, int reason, int seconds, bool of_program, uint32_t now_ms) noexcept;
// Tells and forgets it.
PendingTimeout take_timeout(const void *wsi) noexcept;

}  // namespace wsitrace

#endif
