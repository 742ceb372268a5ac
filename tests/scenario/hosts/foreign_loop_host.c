// SPDX-License-Identifier: MIT
//
// A web server on an event loop that belongs to the application.
//
//   foreign_loop_host --loop poll|custom|uv|ev|glib [--connect-early PORT --run-after MS|never]
//
// It serves "/" by a callback and the websocket protocol "echo" on 127.0.0.1, and says "port N" when lws has initialised its
// plugins, which before lws 4.3 is when the loop first runs, or with the first connect call.
// With --connect-early it also asks lws for a websocket connection to that port, before its loop runs: nothing comes of it but a
// socket until the loop runs, MS milliseconds later, or never (then the program ends without having served or destroyed anything).
// Once connected the client sends a message, waits for the echo, closes, and the program says "early 1".
//
// End: SIGINT.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "foreign_loop.h"
#include "host.h"
#include "tracing.h"

static int callback_early(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  unsigned char buffer[LWS_PRE + 8];
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED: lws_callback_on_writable(wsi); break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      memcpy(buffer + LWS_PRE, "early", 5);
      return lws_write(wsi, buffer + LWS_PRE, 5, LWS_WRITE_TEXT) < 5 ? -1 : 0;
    case LWS_CALLBACK_CLIENT_RECEIVE: lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0); return -1;
    case LWS_CALLBACK_CLIENT_CLOSED:
      puts("early 1");
      fflush(stdout);
      break;
    default: break;
  }
  return 0;
}

static void say_port(struct lws_vhost *vhost) {
  static int said;
  if (!said++) host_print_port("", lws_get_vhost_listen_port(vhost));
}

static int callback_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  if (reason == LWS_CALLBACK_PROTOCOL_INIT) say_port(lws_get_vhost(wsi));
  if (reason != LWS_CALLBACK_HTTP) return lws_callback_http_dummy(wsi, reason, user, in, len);
  if (lws_return_http_status(wsi, HTTP_STATUS_OK, "served")) return -1;
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static const struct foreign_loop *loop_named(const char *name) {
  const struct foreign_loop *const all[] = {
    &loop_poll,
    &loop_uv,
    &loop_ev,
    &loop_glib,
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
    &loop_custom,
#endif
    NULL
  };
  for (int i = 0; all[i]; i++)
    if (!strcmp(all[i]->name, name)) return all[i];
  fprintf(stderr, "foreign_loop_host: %s: no such loop here\n", name);
  exit(2);
}

static void connect_early(struct lws_context *context, int port) {
  const struct lws_client_connect_info info = {.context = context,
                                               .address = "127.0.0.1",
                                               .port = port,
                                               .path = "/early",
                                               .host = "127.0.0.1",
                                               .origin = "127.0.0.1",
                                               .protocol = "echo",
                                               .local_protocol_name = "early"};
  if (!lws_client_connect_via_info(&info)) exit(1);
}

int main(int argc, char **argv) {
  static struct lws_protocols protocols[4];
  const char *loop_name = "poll", *run_after = "0";
  int early_port = 0;
  argc = tracing_from(argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--loop")) loop_name = argv[i + 1];
    if (!strcmp(argv[i], "--connect-early")) early_port = atoi(argv[i + 1]);
    if (!strcmp(argv[i], "--run-after")) run_after = argv[i + 1];
  }
  const struct foreign_loop *loop = loop_named(loop_name);
  protocols[0] = (struct lws_protocols){.name = "http", .callback = callback_http, .per_session_data_size = 16};
  protocols[1] = host_protocols[2];  // "echo"
  protocols[2] = (struct lws_protocols){.name = "early", .callback = callback_early, .per_session_data_size = 16};
  lws_set_log_level(LLL_ERR, NULL);
  tracing_start(protocols);
  struct lws_context_creation_info info = {.iface = "127.0.0.1", .protocols = protocols, .vhost_name = "app"};
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  tracing_of_context(&info);
  loop->prepare(&info);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
  lws_service_adjust_timeout(context, 1, 0);  // initialises plugins; of the application's protocols it tells nothing
  say_port(lws_get_vhost_by_name(context, "app"));
#endif
  if (early_port) connect_early(context, early_port);
  usleep(!strcmp(run_after, "never") ? 300000 : (useconds_t)atoi(run_after) * 1000);
  if (!strcmp(run_after, "never")) {
    tracing_stop(NULL);
    return 0;
  }
  loop->run(context);
  loop->destroy(context);
  tracing_stop(context);
  return 0;
}
