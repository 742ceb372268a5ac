// SPDX-License-Identifier: MIT
//
// A small web server with a common mistake in it, for trying wsitrace out. README.md shows a session with it.
//
//   cc -g -o demo deploy/demo/server.c $(pkg-config --cflags --libs libwebsockets)
//   ./demo 7681
//
// "/" is answered properly. For every other path the handler sends the 404 page and forgets to say that the response is
// complete, so the next request on the same connection is never looked at.
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
  (void)signal_number;
  stopped = 1;
}

static int answer(struct lws *wsi) {
  static const char body[] = "hello\n";
  unsigned char room[LWS_PRE + 512], *start = room + LWS_PRE, *at = start, *end = room + sizeof room - 1;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", sizeof body - 1, &at, end) ||
      lws_finalize_write_http_header(wsi, start, &at, end))
    return 1;
  memcpy(start, body, sizeof body - 1);
  if (lws_write(wsi, start, sizeof body - 1, LWS_WRITE_HTTP_FINAL) != sizeof body - 1) return 1;
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  if (reason != LWS_CALLBACK_HTTP) return lws_callback_http_dummy(wsi, reason, user, in, length);
  if (strcmp(in, "/") == 0) return answer(wsi);
  return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);  // the mistake
}

int main(int argc, char **argv) {
  static const struct lws_protocols protocols[] = {{"http", callback, 0, 0, 0, NULL, 0},
                                                   {NULL, NULL, 0, 0, 0, NULL, 0}};
  struct lws_context_creation_info info = {.protocols = protocols, .vhost_name = "demo", .iface = "127.0.0.1"};
  info.port = argc > 1 ? atoi(argv[1]) : 7681;
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
  signal(SIGINT, stop);
  signal(SIGTERM, stop);
  struct lws_context *context = lws_create_context(&info);
  if (context == NULL) return 1;
  printf("listening on port %d\n", info.port);
  fflush(stdout);
  while (!stopped && lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 0;
}
