// SPDX-License-Identifier: MIT
//
// lws on a libuv loop that belongs to the application. lws closes its handles with uv_close(): connections are destroyed when the
// loop goes round after lws_context_destroy(). One that does not go round any more never destroys them, and their
// protocols are never told DROP.
#include <uv.h>

#include "corpus.h"

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = lws_callback_http_dummy, .per_session_data_size = 16},
    {.name = "chat", .callback = callback_nothing, .per_session_data_size = 16},
    PROTOCOL_DYN(careful),
    {0},
};

static uv_loop_t loop;
static struct lws_context *alive;  // lws sets it to NULL when it has freed the context

static struct lws_context *start_on_loop(void) {
  static void *loops[1] = {&loop};
  struct lws_context_creation_info info = app_info(protocols);
  info.options |= LWS_SERVER_OPTION_LIBUV;
  info.foreign_loops = loops;
  info.pcontext = &alive;
  uv_loop_init(&loop);
  return alive = start(&info);
}

static void go_round(int ms) {
  for (int i = 0; i < ms; i++) {
    uv_run(&loop, UV_RUN_NOWAIT);
    usleep(1000);
  }
}

static void wait_for(int fd, const char *text) {
  char got[4096] = "";
  size_t have = 0;
  for (int i = 0; i < 1000; i++) {
    uv_run(&loop, UV_RUN_NOWAIT);
    const ssize_t bytes = recv(fd, got + have, sizeof got - 1 - have, MSG_DONTWAIT);
    if (bytes > 0) have += (size_t)bytes;
    if (strstr(got, text)) return;
    usleep(1000);
  }
  give_up("the answer did not come");
}

static int request(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  say(fd, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
  wait_for(fd, "hello\n");
  return fd;
}

static int enter(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  ask_upgrade(fd, "chat");
  wait_for(fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  return fd;
}

// --- Faults ---

static void stopped_with_nothing_open(void) {
  struct lws_context *context = start_on_loop();
  close(request(context));
  go_round(30);
  lws_context_destroy(context);  // and no uv_run()
}

static void stopped_with_connections(void) {
  struct lws_context *context = start_on_loop();
  for (int i = 0; i < 3; i++) request(context);
  lws_context_destroy(context);
}

static void stopped_with_sessions(void) {
  struct lws_context *context = start_on_loop();
  for (int i = 0; i < 3; i++) enter(context);
  lws_context_destroy(context);
}

// 4.1.6 wants to be told twice: it frees vhosts and context in the second lws_context_destroy(), after the loop.
static void not_told_twice(void) {
  struct lws_context *context = start_on_loop();
  close(request(context));
  go_round(30);
  lws_context_destroy(context);
  uv_run(&loop, UV_RUN_DEFAULT);
}

// --- Clean ---

// As lws's own example of a foreign loop ends: twice, if it is still there.
static void end(struct lws_context *context) {
  lws_context_destroy(context);
  uv_run(&loop, UV_RUN_DEFAULT);
  if (alive) lws_context_destroy(alive);
  uv_loop_close(&loop);
}

static void goes_round(void) {
  struct lws_context *context = start_on_loop();
  close(request(context));
  go_round(30);
  end(context);
}

static void goes_round_with_connections(void) {
  struct lws_context *context = start_on_loop();
  for (int i = 0; i < 3; i++) request(context);
  for (int i = 0; i < 3; i++) enter(context);
  end(context);
}

static void exits_while_it_goes_round(void) {
  struct lws_context *context = start_on_loop();
  request(context);
  enter(context);
}

static const struct corpus_case cases[] = {
    {"stopped_with_nothing_open", stopped_with_nothing_open},
    {"stopped_with_connections", stopped_with_connections},
    {"stopped_with_sessions", stopped_with_sessions},
    {"not_told_twice", not_told_twice},
    {"goes_round", goes_round},
    {"goes_round_with_connections", goes_round_with_connections},
    {"exits_while_it_goes_round", exits_while_it_goes_round},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
