// SPDX-License-Identifier: MIT
//
// What the observed programs of the tests share, those of the corpus, too (tests/corpus/corpus.h): signals, the loop, ports, sockets, the
// bytes of an answer, echo. And the plain host: a web server on libwebsockets as small as one can be and still have a file mount, a
// callback mount and a websocket protocol. A host knows nothing of wsitrace; how it lets itself be watched is in tracing.h.
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

// Reads --port N, --files DIR, --tls CERT KEY, --plugin DIR TRACE, --user ID, --loop poll|uv|uv-alone, --counts, --counter FILE, --dual, --lock-memory. With a counter
// file the calls per reason are kept there (uint64_t each), where they survive a SIGKILL. Ends the program when they make no sense.
struct host_options host_options_from(int argc, char **argv);

// {http, dyn, echo, end}.
extern struct lws_protocols host_protocols[];

// A context with one vhost "app" that listens on 127.0.0.1. NULL when lws refuses.
struct lws_context *host_create_context(const struct host_options *options, const struct lws_protocols *protocols);

// The port of the vhost made last.
int host_port(void);

// Serves until SIGINT or SIGTERM, then destroys the context.
void host_serve(struct lws_context *context, const struct host_options *options);

// To be called first and last in each callback: they count calls per reason, and how often errno at entry was still the
// value that the callback before had left there. lws's own failing calls change errno in between, the same way each time.
void host_enter(enum lws_callback_reasons reason);
int host_leave(int result);

// Final lines: sums over all callbacks, how many files are open now, and with print_counts one "callback REASON COUNT" per reason.
void host_print_result(const struct host_options *options);

// --- Signals, the loop, ports ---

// SIGINT and SIGTERM end host_loop(), and wake CONTEXT, unless it is NULL. Whoever prints a port has done this before: the test that
// reads it may send one at once. host_create_context() does, for no context.
void host_heed_signals(struct lws_context *context);
bool host_is_stopping(void);
// Serves until SIGINT or SIGTERM; AFTER_TURN is called after each lws_service(), unless it is NULL.
void host_loop(struct lws_context *context, void (*after_turn)(void));
void host_print_port(const char *name, int port);  // "NAME port N", or "port N" for ""

// TCP on 127.0.0.1; -1: it cannot be had. *PORT is any free one.
int host_connect(int port);
int host_listen(int *port, int backlog);

// --- What callbacks do ---

// Head of a response with status 200 and a length that promises BYTES, or -1 for one without a length; then its body, at most 512 bytes.
// What is not 0 is for the handler to return.
int send_head(struct lws *wsi, long long bytes);
int send_body(struct lws *wsi, const char *text, enum lws_write_protocol how);
int complete(struct lws *wsi);  // lws_http_transaction_completed(), as a handler's result

// Websocket protocol "echo": sends back what it receives.
struct host_echo {
  unsigned char frame[LWS_PRE + 4096];
  size_t bytes;
  enum lws_write_protocol kind;
};
int host_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
#define HOST_ECHO \
  { .name = "echo", .callback = host_echo, .per_session_data_size = sizeof(struct host_echo) }

#endif
