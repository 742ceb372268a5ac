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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "tracing.h"

enum { kThreads = 4 };

static struct lws_context *served;

static struct lws_protocols protocols[] = {
    {.name = "http", .callback = lws_callback_http_dummy},
    HOST_ECHO,
    {0},
};

static void *serve(void *thread) {
  while (!host_is_stopping() && lws_service_tsi(served, 0, (int)(intptr_t)thread) >= 0) {
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
  host_heed_signals(served);
  for (int i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, serve, (void *)(intptr_t)i)) return 1;
  printf("threads %d\n", count);
  host_print_port("", lws_get_vhost_listen_port(vhost));
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  lws_context_destroy(served);
  tracing_stop(served);
  return 0;
}
