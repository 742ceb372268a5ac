// SPDX-License-Identifier: MIT
//
// What the programs of the corpus share. A program is one group of cases, `corpus_server CASE`; a case plays both sides, the
// application on libwebsockets and its peers on plain sockets, in one thread: peers are spoken to between two turns of lws.
//
// Every case is a function without arguments that leaves what it leaves: corpus_main() exits with 0 after it. A case that
// cannot do what it is meant to do says so in one line and exits with 2, so that it is never taken for one without a fault.
//
// Vhost "app" listens on 127.0.0.1; "/" belongs to protocol "dyn" where there is one. Times are milliseconds. What the hosts of the
// scenario tests need as well is in their host.h.
#ifndef WSITRACE_TESTS_CORPUS_H
#define WSITRACE_TESTS_CORPUS_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

struct corpus_case {
  const char *name;
  void (*run)(void);
};

// The end of the table is a case without a name.
int corpus_main(int argc, char **argv, const struct corpus_case *cases);
_Noreturn void give_up(const char *what);

// --- The application ---

// Protocol "dyn" is handlers: what a case does not name does nothing.
struct exchange {
  struct lws *wsi;
  int written;  // times that `writeable` was called
  char path[64];
};
struct handlers {
  int (*http)(struct lws *, struct exchange *);
  int (*body_completion)(struct lws *, struct exchange *);
  int (*writeable)(struct lws *, struct exchange *);
  int (*timer)(struct lws *, struct exchange *);
  int (*closed)(struct lws *, struct exchange *);
};
int callback_dyn(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
#define PROTOCOL_DYN(handlers_of_dyn)                                                          \
  {                                                                                            \
    .name = "dyn", .callback = callback_dyn, .per_session_data_size = sizeof(struct exchange), \
    .user = (void *)&(handlers_of_dyn)                                                         \
  }
// protocols[0] of an application that has nothing to say in it.
#define PROTOCOL_HTTP \
  { .name = "http", .callback = lws_callback_http_dummy }

// Head and body "hello\n", all of it; answer_and_complete() also says that this was all, which forgets() does not. For a handler to return.
int answer(struct lws *wsi);
int answer_and_complete(struct lws *wsi, struct exchange *exchange);
int forgets(struct lws *wsi, struct exchange *exchange);
extern const struct handlers careful, forgetful;  // to each request the one, or the other

// What a client does in RECEIVE_CLIENT_HTTP, to return: takes a part of the answer, which comes with RECEIVE_CLIENT_HTTP_READ.
int read_answer(struct lws *wsi);
int callback_nothing(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

struct lws_context_creation_info app_info(const struct lws_protocols *protocols);
struct lws_context *start(const struct lws_context_creation_info *info);
struct lws_context *start_app(const struct lws_protocols *protocols);
int port_of(struct lws_context *context, const char *vhost);
struct lws_vhost *add_vhost(struct lws_context *context, const struct lws_context_creation_info *info, const char *name,
                            int port);
// A request without a name for its path to that vhost, and "hello\n" for an answer.
void ask_host(struct lws_context *context, int fd, const char *host);

// Application "app" with "dyn", whose timeouts are one second.
struct lws_context *start_dyn(const struct handlers *handlers);

enum ending { kClientLeaves, kClientLeavesLater, kServerCloses, kContextEnds, kContextEndsLater };
// One connection to it, one request, and what comes back of that (NULL: nothing is waited for); then the connection and the context end.
void play(struct handlers handlers, const char *request, const char *answered, enum ending ending);
void finish(struct lws_context *context, int fd, enum ending ending);

// --- Turns of lws ---

long long now_ms(void);  // of CLOCK_MONOTONIC
void serve_for(struct lws_context *context, int ms);
void serve_until(struct lws_context *context, const volatile int *counter, int value);

// --- Peers of the application ---

int dial(int port);
void say(int fd, const char *text);
void say_bytes(int fd, const void *bytes, size_t count);
// lws serves until the peer has read TEXT; what came before it is forgotten.
void expect(struct lws_context *context, int fd, const char *text);
// ... until lws has closed the connection; closes our side, too.
void expect_end(struct lws_context *context, int fd);
// Our side is closed, and lws has turns to see it.
void hang_up(struct lws_context *context, int fd);
// GET PATH over a kept connection, and "hello\n" for an answer.
void get(struct lws_context *context, int fd, const char *path);

// A websocket client: handshake for PROTOCOL, or only our half of it; one text frame.
void ask_upgrade(int fd, const char *protocol);
void upgrade(struct lws_context *context, int fd, const char *protocol);
// A connection to vhost "app" that has become a session of PROTOCOL.
int enter_session(struct lws_context *context, const char *protocol);
void say_frame(int fd, const char *text);

// HTTP/2 by hand (RFC 9113): one frame with at most 512 bytes of PAYLOAD.
enum h2_frame { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kGoaway = 7, kWindowUpdate = 8 };
enum h2_flag { kEndStream = 1, kAck = 1, kEndHeaders = 4 };
void say_h2(int fd, enum h2_frame type, int flags, unsigned int stream, const void *payload, size_t bytes);

// A server to connect to that is not lws.
int listen_on(int *port, int backlog);
int pick_up(struct lws_context *context, int listener);

#endif
