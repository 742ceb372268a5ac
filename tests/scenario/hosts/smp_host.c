// SPDX-License-Identifier: MIT
//
// One context served by several threads (libwebsockets built with LWS_MAX_SMP > 1):
//
//   smp_host --files DIR --threads N
//
// lws opens one listener for each thread on the same port. The thread whose listener the kernel chose accepts a connection; lws
// gives it to the thread that has the fewest, which serves it for the rest of its life.
// Vhost "app": "/" files; protocols "http" (no session data) and websocket "echo". Prints "port N"; ends on SIGINT.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracing.h"

enum { kThreads = 4 };

struct echo_session {
  unsigned char frame[LWS_PRE + 1024];
  size_t bytes;
};

static struct lws_context *served;
static volatile sig_atomic_t stop_requested;

static int callback_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct echo_session *session = user;
  if (reason == LWS_CALLBACK_RECEIVE) {
    if (len > sizeof session->frame - LWS_PRE) return -1;
    memcpy(session->frame + LWS_PRE, in, len);
    session->bytes = len;
    lws_callback_on_writable(wsi);
  }
  if (reason == LWS_CALLBACK_SERVER_WRITEABLE && session->bytes) {
    if (lws_write(wsi, session->frame + LWS_PRE, session->bytes, LWS_WRITE_TEXT) < 0) return -1;
    session->bytes = 0;
  }
  return 0;
}

static struct lws_protocols protocols[] = {
    {.name = "http", .callback = lws_callback_http_dummy},
    {.name = "echo", .callback = callback_echo, .per_session_data_size = sizeof(struct echo_session)},
    {0},
};

static void on_signal(int number) {
  (void)number;
  stop_requested = 1;
  lws_cancel_service(served);  // all threads
}

static void *serve(void *thread) {
  while (!stop_requested && lws_service_tsi(served, 0, (int)(intptr_t)thread) >= 0) {
  }
  return NULL;
}

int main(int argc, char **argv) {
  struct lws_http_mount mount = {
      .mountpoint = "/", .mountpoint_len = 1, .def = "index.html", .origin_protocol = LWSMPRO_FILE};
  struct lws_context_creation_info info = {
      .vhost_name = "app",
      .iface = "127.0.0.1",
      .protocols = protocols,
      .mounts = &mount,
      .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6};
  pthread_t threads[kThreads];
  argc = tracing_from(argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--files")) mount.origin = argv[i + 1];
    if (!strcmp(argv[i], "--threads")) info.count_threads = (unsigned int)atoi(argv[i + 1]);
  }
  if (!mount.origin || info.count_threads < 1 || info.count_threads > kThreads) return 2;
  lws_set_log_level(LLL_ERR, NULL);
  tracing_start(protocols);
  tracing_of_context(&info);
  served = lws_create_context(&info);
  struct lws_vhost *vhost = served ? lws_create_vhost(served, &info) : NULL;
  if (!vhost) return 1;
  const int count = lws_get_count_threads(served);
  tracing_settle(served);
  signal(SIGINT, on_signal);
  for (int i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, serve, (void *)(intptr_t)i)) return 1;
  printf("threads %d\nport %d\n", count, lws_get_vhost_listen_port(vhost));
  fflush(stdout);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  lws_context_destroy(served);
  tracing_stop(served);
  return 0;
}
