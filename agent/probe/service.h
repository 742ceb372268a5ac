// SPDX-License-Identifier: MIT
//
// Who calls lws beside lws_service() on another thread, which lws is not made for; calls of lws_service() that last longer than they were
// asked to; and when it was called last. What lies between the calls: turns.h.
//
// Limits: a loop that is not run by lws_service() (a foreign one) is not seen; kServing threads at the same time.
// Cost:   two coarse clock reads for each call of lws_service(), shared with turns.h; a load for each call that is looked at.
#ifndef WSITRACE_PROBE_SERVICE_H
#define WSITRACE_PROBE_SERVICE_H

#include <libwebsockets.h>

#include <cstdint>

namespace wsitrace {

inline constexpr uint32_t kOversleptMs = 500;  // a shorter one nobody feels
inline constexpr int kNeverServed = -1;
inline constexpr int kStillServing = -2;

// Around lws_service(CONTEXT, TIMEOUT_MS). NOW_MS: of coarse_ms().
void loop_entered(const void *context, uint32_t now_ms) noexcept;
void loop_left(int timeout_ms, uint32_t now_ms) noexcept;
// Between these, what lws calls itself is not looked at.
void call_begins() noexcept;
void call_ends() noexcept;
// NAME, a literal, is about to be called for WSI, or for CONTEXT.
void note_call(lws *wsi, const char *name) noexcept;
void note_context_call(const void *context, const char *name) noexcept;
// `value` of loop_left: how long ago lws_service() returned, in ms.
int service_left() noexcept;

}  // namespace wsitrace

#endif
