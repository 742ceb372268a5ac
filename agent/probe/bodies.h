// SPDX-License-Identifier: MIT
//
// Bodies of requests that the application has told lws to wait for (lws_client_http_body_pending): a server waits for one that is never
// sent, and so does lws.
//
// Cost:   an event when one is announced, when its first bytes are written and when it is said to be whole; a load for all other writes.
// Limits: kBodySlots wsis, the latest of those that share a slot.
#ifndef WSITRACE_PROBE_BODIES_H
#define WSITRACE_PROBE_BODIES_H

#include <libwebsockets.h>

namespace wsitrace {

// lws_client_http_body_pending(WSI, MORE) was called.
void body_is_pending(lws *wsi, bool more) noexcept;
// lws_write() took bytes of a body.
void body_was_written(lws *wsi) noexcept;

}  // namespace wsitrace

#endif
