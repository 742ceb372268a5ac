// SPDX-License-Identifier: MIT
//
// Whether the application reads the answers to its requests: lws keeps a body until lws_http_client_read() is called for it.
//
// Cost:   a load for each call.
// Limits: kAnswerSlots wsis, the latest of those that share a slot.
#ifndef WSITRACE_PROBE_ANSWERS_H
#define WSITRACE_PROBE_ANSWERS_H

#include <libwebsockets.h>

#include <cstddef>

namespace wsitrace {

inline constexpr size_t kAnswerSlots = 256;  // a power of two

// lws_http_client_read(WSI) is called. True: it was not before.
bool is_first_read(const lws *wsi) noexcept;
// WSI is being destroyed.
void forget_answer(const lws *wsi) noexcept;

}  // namespace wsitrace

#endif
