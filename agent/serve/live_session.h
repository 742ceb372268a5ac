// SPDX-License-Identifier: MIT
//
// What a libwebsockets protocol does for api/live: decides who may listen in, and copies finished messages to them.
//
// Who may:    a token as for everything else, a page of this site if it is a browser's, and a URL below a mount that is known.
// Messages:   those of a client are ignored; one over kMaxReceivedBytes ends the connection with 1009.
// Extensions: none: permessage-deflate would compress on the service thread.
// Stuck:      a client that has not taken a message for kStuckSeconds is closed.
// Cost:       the service thread copies at most kChunkBytes a call.
#ifndef WSITRACE_SERVE_LIVE_SESSION_H
#define WSITRACE_SERVE_LIVE_SESSION_H

#include <libwebsockets.h>

#include "agent/serve/site.h"

namespace wsitrace {

// Of one lws_write(), here and for responses: libwebsockets' default for pt_serv_buf_size, which is what 4.1.6 gives the kernel in one
// piece. A larger write is sent in parts.
inline constexpr size_t kChunkBytes = 4096;
inline constexpr size_t kMaxReceivedBytes = 1024;
inline constexpr int kStuckSeconds = 120;

struct LiveSession {
  Follower *follower;     // the feed's, or nullptr
  size_t received_bytes;  // of the message that is being received
};

// Events of websockets; others are ignored and 0 is returned.
int serve_live_callback(Site &site, lws *wsi, lws_callback_reasons reason, LiveSession &session, size_t len);

}  // namespace wsitrace

#endif
