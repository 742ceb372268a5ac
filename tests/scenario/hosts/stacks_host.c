// SPDX-License-Identifier: MIT
//
// Adopts sockets from two places of its code, and puts memory of its own on each connection: stacks_host KEPT FORGOTTEN
//    KEPT       sockets adopted in keep_promise(), whose memory is freed
//    FORGOTTEN  sockets adopted in forget_promise(), whose memory is not
// The other end is closed at once.
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

struct promise {
  int forgotten;
};

static int adopted, ended;
static int forgets;

static int callback_promise(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct promise *promise = lws_wsi_user(wsi);
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
      promise = calloc(1, sizeof *promise);
      if (!promise) return -1;
      promise->forgotten = forgets;
      lws_set_wsi_user(wsi, promise);
      adopted++;
      break;
    case LWS_CALLBACK_RAW_SKT_DROP_PROTOCOL:
      if (!promise || promise->forgotten) break;
      free(promise);
      lws_set_wsi_user(wsi, NULL);
      break;
    case LWS_CALLBACK_RAW_CLOSE: ended++; break;
    default: break;
  }
  return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = lws_callback_http_dummy}, {.name = "promise", .callback = callback_promise}, {0}};

static void adopt_one(struct lws_context *context) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)) exit(1);
  const lws_sock_file_fd_type given = {.sockfd = ends[0]};
  if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "promise", NULL))
    exit(1);
  close(ends[1]);
}

// The compiler must not make one of the two.
__attribute__((noinline)) static void keep_promise(struct lws_context *context) {
  forgets = 0;
  adopt_one(context);
  puts("kept");
}

__attribute__((noinline)) static void forget_promise(struct lws_context *context) {
  forgets = 1;
  adopt_one(context);
  puts("forgotten");
}

int main(int argc, char **argv) {
  const int kept = argc > 1 ? atoi(argv[1]) : 0, forgotten = argc > 2 ? atoi(argv[2]) : 0;
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER, .protocols = protocols, .gid = -1, .uid = -1};
  info.vhost_name = "app";
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
  for (int i = 0; i < kept; i++) keep_promise(context);
  for (int i = 0; i < forgotten; i++) forget_promise(context);
  for (int turn = 0; turn < 10000 && ended < kept + forgotten; turn++) lws_service(context, -1);
  printf("adopted %d ended %d\n", adopted, ended);
  lws_context_destroy(context);
  return ended == kept + forgotten ? 0 : 1;
}
