// SPDX-License-Identifier: MIT
//
// Programs that waste what they have: loops that never sleep, contexts that pile up; and others that use as much of it for something.
#include <pthread.h>
#include <sys/socket.h>
#include <uv.h>

#include "troubles.h"

enum { kSpinMs = 1700 };

static enum { kAsksAgain, kSends, kQuiet } manner;
static int established, ended, failed;

static int callback_spins(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  static unsigned char frame[LWS_PRE + 1] = {[LWS_PRE] = 'x'};
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      established++;
      if (manner != kQuiet) lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      if (manner == kSends && lws_write(wsi, frame + LWS_PRE, 1, LWS_WRITE_TEXT) < 1) return -1;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_CLOSED: ended++; break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    default: break;
  }
  return 0;
}

static void turn_for(struct lws_context *context, int ms, int timeout_ms) {
  const long long end = now_ms() + ms;
  while (now_ms() < end) lws_service(context, timeout_ms);
}

static int begin_session(struct lws_context *context) {
  const int fd = enter(context);
  serve_until(context, &established, 1);
  return fd;
}

static void leave(struct lws_context *context, int fd) {
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

// Whether there is something to write or not.
static void spins_on_writeable(void) {
  manner = kAsksAgain;
  struct lws_context *context = desk(callback_spins, 20);
  const int fd = begin_session(context);
  turn_for(context, kSpinMs, 0);
  leave(context, fd);
}

static void spins_by_timeout(void) {
  manner = kQuiet;
  struct lws_context *context = desk(callback_spins, 20);
  const int fd = begin_session(context);
  turn_for(context, kSpinMs, -1);
  leave(context, fd);
}

// In a loop that lws_service() does not run.
static void spins_on_library_loop(void) {
  static uv_loop_t loop;
  manner = kAsksAgain;
  uv_loop_init(&loop);
  void *loops[] = {&loop};
  struct lws_context_creation_info info = desk_info(callback_spins, 20);
  info.options |= LWS_SERVER_OPTION_LIBUV;
  info.foreign_loops = loops;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd,
      "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: desk\r\n\r\n");
  const long long end = now_ms() + kSpinMs;
  while (now_ms() < end) uv_run(&loop, UV_RUN_ONCE);
  close(fd);
  while (!ended) uv_run(&loop, UV_RUN_ONCE);
  lws_context_destroy(context);
  uv_run(&loop, UV_RUN_DEFAULT);
  lws_context_destroy(context);
}

static void *reads_all(void *fd) {
  char got[65536];
  while (recv(*(int *)fd, got, sizeof got, 0) > 0) continue;
  return NULL;
}

// As often, but each time for something.
static void sends_without_pause(void) {
  manner = kSends;
  struct lws_context *context = desk(callback_spins, 20);
  int fd = begin_session(context);
  pthread_t reader;
  pthread_create(&reader, NULL, reads_all, &fd);
  turn_for(context, kSpinMs, 0);
  shutdown(fd, SHUT_RDWR);
  pthread_join(reader, NULL);
  leave(context, fd);
}

// --- Contexts ---

static void context_for_each_attempt(void) {
  const int port = unused_port();
  for (int i = 1; i <= 7; i++) {
    struct lws_context *context = client_desk(callback_spins, 20);
    ask(context, NULL, port, 0);
    serve_until(context, &failed, i);
    nap(50);
  }
}

static void server_in_each_context(void) {
  for (int i = 1; i <= 7; i++) {
    struct lws_context *context = desk(callback_spins, 20);
    close(dial(port_of(context, "app")));
    serve_for(context, 50);
  }
}

// Of two contexts with the same port, the kernel gives each its share of the clients.
static void shares_port(int contexts_served) {
  manner = kQuiet;
  struct lws_context_creation_info info = desk_info(callback_spins, 20);
  info.options |= LWS_SERVER_OPTION_ALLOW_LISTEN_SHARE;
  info.port = unused_port();
  struct lws_context *const contexts[2] = {start(&info), start(&info)};
  int fds[32];
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) fds[i] = dial(info.port);
  for (int turns = 0; turns < 100; turns++)
    for (int i = 0; i < contexts_served; i++) serve_for(contexts[i], 5);
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) close(fds[i]);
  for (int turns = 0; turns < 20; turns++)
    for (int i = 0; i < contexts_served; i++) serve_for(contexts[i], 5);
}
static void half_of_port_is_served(void) { shares_port(1); }
static void all_of_port_is_served(void) { shares_port(2); }

// What lws_create_context() gets, the compiler does not check.
static void crashes_in_create(void) {
  const struct lws_protocols protocols[] = {{.name = "desk", .callback = callback_spins},
                                            {.name = (const char *)8, .callback = callback_spins}};
  struct lws_context_creation_info info = desk_info(callback_spins, 20);
  info.protocols = protocols;
  lws_create_context(&info);
}

static void uses_context_that_was_not_made(void) {
  struct lws_context_creation_info info = desk_info(callback_spins, 20);
  info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.ssl_cert_filepath = info.ssl_private_key_filepath = "/nowhere/desk.pem";
  lws_get_vhost_by_name(lws_create_context(&info), "app");
}

const struct corpus_case waste_troubles[] = {
    {"spins_on_writeable", spins_on_writeable},
    {"spins_on_library_loop", spins_on_library_loop},
    {"spins_by_timeout", spins_by_timeout},
    {"sends_without_pause", sends_without_pause},
    {"context_for_each_attempt", context_for_each_attempt},
    {"server_in_each_context", server_in_each_context},
    {"half_of_port_is_served", half_of_port_is_served},
    {"all_of_port_is_served", all_of_port_is_served},
    {"crashes_in_create", crashes_in_create},
    {"uses_context_that_was_not_made", uses_context_that_was_not_made},
    {NULL, NULL},
};
