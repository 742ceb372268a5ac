// SPDX-License-Identifier: MIT
//
// What table_host.c and table_protocols.c share. The host has one vhost for each thing that a vhost decides, on a port each:
//
//   vhost       protocols[0]            mounts
//   app         http (no session data)  "/" files, "/old" redirects to "/index.html", "/dyn" callback "dyn",
//                                       "/other" files, by protocol "files"; websocket protocols "echo", "refusing"
//   own         own (session data)      "/" files, "/job" callback "own" itself; its filter refuses ".../forbidden"
//   no_network  refuses FILTER_NETWORK_CONNECTION
//   no_new      refuses SERVER_NEW_CLIENT_INSTANTIATED
//   pinged      http, and websocket protocol "echo"; lws pings after 1 s of silence and hangs up after 2
//
// The callbacks of "dyn" and "own" go by the end of the path. They answer when lws says that the socket takes it, but
//   .../slow    50 ms later (a timer of lws)            .../sleep    at once, after holding up everything for 50 ms
//   .../body    when the body of the request is there   .../never    never
//   .../missing with 404                                .../refuse   by returning 1
//   .../halves  the head at once, the body when the socket takes it
// "slow?ms=N" takes that long; "sleep?more" begins to sleep when the next request is in the socket.
// These answer at once and return -1, as handlers do that want the connection closed; nobody calls lws_http_transaction_completed():
//   .../final   the last write is LWS_WRITE_HTTP_FINAL  .../length  the last one fulfils the content-length
//   .../page    by lws_return_http_status(403)          .../moved   by lws_http_redirect()
//   .../less    LWS_WRITE_HTTP_FINAL, but less than the content-length
//   .../part    no content-length, and no write is the last
//   .../huge    16 MiB at once, more than the socket takes: lws holds the rest
// "echo" sends back what it gets, but "leave" (close code 1001, then returns -1) and "drop" (returns -1).
#ifndef WSITRACE_TESTS_TABLE_H
#define WSITRACE_TESTS_TABLE_H

#include <libwebsockets.h>

enum table_vhost { kApp, kOwn, kNoNetwork, kNoNew, kPinged, kTableVhosts };

extern const char *const table_vhost_names[kTableVhosts];
extern struct lws_protocols *const table_protocols[kTableVhosts];

#endif
