// SPDX-License-Identifier: MIT
//
// Heads of responses that leave their client in doubt: with neither length nor chunks on a connection that goes on, so that nobody knows
// where the body ends; or in answer to a request that is half of a websocket upgrade, the other half of which was lost on its way.
//
// Cost:   a hash, two loads and one look at the request's headers for each head; where it has no length, a look at what was written of it.
// Limits: heads that the application makes without lws_finalize_http_header() are not seen.
#ifndef WSITRACE_PROBE_REPLIES_H
#define WSITRACE_PROBE_REPLIES_H

#include <libwebsockets.h>

namespace wsitrace {

// lws_finalize_http_header(WSI) is about to end the head that was written up to WRITTEN.
void note_head(lws *wsi, const unsigned char *written) noexcept;

}  // namespace wsitrace

#endif
