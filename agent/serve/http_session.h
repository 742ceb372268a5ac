// SPDX-License-Identifier: MIT
//
// What a libwebsockets protocol does to serve a Site: the one function that its callback passes events to. It is used by
// server.h and by the plugin below its mount; the wsi may be HTTP/1.x or an HTTP/2 stream, plain or TLS, or the websocket of
// api/live (live_session.h).
//
// How to:    per_session_data_size = sizeof(HttpSession); pass every event of the protocol that is not handled elsewhere.
//            It needs HTTP, HTTP_BODY_COMPLETION, HTTP_WRITEABLE, HTTP_DROP_PROTOCOL, CLOSED_HTTP, EVENT_WAIT_CANCELLED and
//            those of websockets; others are ignored and 0 is returned, which lets a connection pass. The protocol's name is
//            kLiveProtocol: libwebsockets takes websockets to it by that.
//            site.doors() says what a vhost lets in; forget() one that is destroyed.
//            site.set_wake([context] { lws_cancel_service(context); }) makes finished responses go out at once.
// Lifetime:  HttpSession is all-zero when libwebsockets hands it out and needs no destruction.
// Cost:      the service thread parses the path, copies at most kChunkBytes into one lws_write() a call, and renders nothing.
// Returns:   what libwebsockets expects: 0 goes on, -1 ends the connection (or the HTTP/2 stream).
#ifndef WSITRACE_SERVE_HTTP_SESSION_H
#define WSITRACE_SERVE_HTTP_SESSION_H

#include <libwebsockets.h>

#include "agent/serve/live_session.h"
#include "agent/serve/site.h"

namespace wsitrace {

// How long a client waits for its response to be rendered before libwebsockets ends the connection.
inline constexpr int kRenderTimeoutSeconds = 180;

// What clients of api/live ask for as their subprotocol.
inline constexpr const char *kLiveProtocol = "wsitrace";

struct HttpSession {
  Exchange *exchange;  // the one that is going on, or nullptr; the site's
  LiveSession live;    // of a websocket
};

int serve_http_callback(Site &site, lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len) noexcept;

}  // namespace wsitrace

#endif
