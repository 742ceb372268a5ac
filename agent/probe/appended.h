// SPDX-License-Identifier: MIT
//
// What the application itself adds to the head of a request of HTTP/1, in LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: whole lines, or the server
// cannot tell where the head ends. Of what they say nothing is kept.
//
// Cost: a look at those bytes, for each request.
#ifndef WSITRACE_PROBE_APPENDED_H
#define WSITRACE_PROBE_APPENDED_H

#include <libwebsockets.h>

namespace wsitrace {

// It wrote from BEFORE to AFTER.
void note_appended(lws *wsi, const unsigned char *before, const unsigned char *after) noexcept;

}  // namespace wsitrace

#endif
