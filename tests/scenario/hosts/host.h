// SPDX-License-Identifier: MIT
//
// What the hosts of the scenario tests share: a web server on libwebsockets as small as one can be and still have a file
// mount, a callback mount and a websocket protocol. A host is the observed process; it knows nothing of wsitrace.
//
//   "/"      files of --files DIR, served by lws itself
//   "/dyn"   a callback answers "dyn"; "/dyn/refuse" is refused by returning 1, "/dyn/missing" answers 404
//   "echo"   websocket protocol, sends back what it receives
//
// Output:  "port N" once it listens; at the end, what its callbacks saw (host_print_result). Nothing else, so that two runs
//          over the same requests print the same.
// End:     SIGINT or SIGTERM; lws_context_destroy() is always called.
// Versions: libwebsockets 4.1.6 and later, public API only.
#ifndef WSITRACE_TESTS_HOST_H
#define WSITRACE_TESTS_HOST_H

#include <libwebsockets.h>
#include <stdbool.h>

struct host_options {
  int port;              // 0: any free one
  const char *files;     // directory behind "/", NULL: no file mount
  const char *tls_cert;  // with tls_key: serve TLS, and h2 by ALPN
  const char *tls_key;
  const char *plugins;  // directory of lws plugins to load, with plugin "wsitrace" enabled on the vhost
  const char *trace;    // its option "trace"
  int user;             // id of the user to become before serving, 0: stay who we are
  bool use_libuv;       // lws's libuv loop instead of poll
  bool dual;            // an IPv6 socket, for IPv4 clients: their addresses are mapped, ::ffff:127.0.0.1
  bool loop_alone;      // and its own answer to signals
  bool print_counts;    // one line per callback reason at the end
  int positional;       // index of the first argument that is no option of ours, for the host's own use
};

// Reads --port N, --files DIR, --tls CERT KEY, --plugin DIR TRACE, --user ID, --loop poll|uv|uv-alone, --counts, --counter FILE, --dual. With a counter
// file the calls per reason are kept there (uint64_t each), where they survive a SIGKILL. Ends the program when they make no sense.
struct host_options host_options_from(int argc, char **argv);

// {http, dyn, echo, end}.
extern struct lws_protocols host_protocols[];

// A context with one vhost "app" that listens on 127.0.0.1. NULL when lws refuses.
struct lws_context *host_create_context(const struct host_options *options, const struct lws_protocols *protocols);

// The vhost of the context made last, and the port that it got.
struct lws_vhost *host_vhost(void);
int host_port(void);

// SIGINT and SIGTERM end host_serve(). Whoever prints a port has done this before: the test that reads it may send one at once.
// host_create_context() does.
void host_heed_signals(void);
void host_print_port(const char *prefix);

// Serves until SIGINT or SIGTERM, then destroys the context.
void host_serve(struct lws_context *context, const struct host_options *options);

// To be called first and last in each callback: they count calls per reason, and how often errno at entry was still the
// value that the callback before had left there. lws's own failing calls change errno in between, the same way each time.
void host_enter(enum lws_callback_reasons reason);
int host_leave(int result);

// Final lines: sums over all callbacks, how many files are open now, and with print_counts one "callback REASON COUNT" per reason.
void host_print_result(const struct host_options *options);

#endif
