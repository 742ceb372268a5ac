// SPDX-License-Identifier: MIT
//
// The wsis whose application has written the last of a response (LWS_WRITE_HTTP_FINAL, lws_return_http_status) and has not said so
// by lws_http_transaction_completed() yet. As a rule it does at once, so this is no event; what is left when the next request
// or the end comes is one (response_written).
//
// Cost:   writing: a coarse clock read, a hash and two stores. Otherwise a load.
// Limits: kFinalSlots wsis, the latest of those that share a slot.
#ifndef WSITRACE_PROBE_FINALS_H
#define WSITRACE_PROBE_FINALS_H

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kFinalSlots = 4096;  // a power of two

// PROTOCOL, of lws_write(), says that this is the last of a response.
constexpr bool is_final(unsigned protocol) noexcept { return (protocol & 0x1f) == 7; }  // LWS_WRITE_HTTP_FINAL
void remember_final(const void *wsi) noexcept;
void forget_final(const void *wsi) noexcept;
// How many milliseconds ago it was written; -1: it was not. Forgets it.
int take_final(const void *wsi) noexcept;

}  // namespace wsitrace

#endif
