// SPDX-License-Identifier: MIT
//
// Two vhosts: "first" without the plugin, "app" with it. Connects out COUNT times, one after the other, and names no vhost for that: lws puts
// such a connection on the first one, as it does with those of a proxy mount.
//
//    guest_host --plugin DIR TRACE PORT COUNT [unnamed]   "port N" of first, "app port N"; "done N" when all have ended; SIGINT ends it
//
// With "unnamed" no protocol is named, either: lws takes the first of the vhost and binds nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "tracing.h"

static int left, ended, under_way, unnamed, peer_port;
static struct lws_context *context;

static void one_has_ended(void) {
  under_way = 0;
  ended++;
  if (left == 0) {
    printf("done %d\n", ended);
    fflush(stdout);
  }
}

static int callback_client(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  if (reason == LWS_CALLBACK_RECEIVE_CLIENT_HTTP) {
    char buffer[1024 + LWS_PRE], *at = buffer + LWS_PRE;
    int bytes = sizeof buffer - LWS_PRE;
    return lws_http_client_read(wsi, &at, &bytes) < 0 ? -1 : 0;
  }
  if (reason == LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ) return 0;
  if (reason == LWS_CALLBACK_COMPLETED_CLIENT_HTTP) return -1;
  if (reason == LWS_CALLBACK_CLOSED_CLIENT_HTTP || reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR) one_has_ended();
  return lws_callback_http_dummy(wsi, reason, user, in, len);
}

static const struct lws_protocols first_protocols[] = {{.name = "http", .callback = lws_callback_http_dummy},
                                                       {.name = "client", .callback = callback_client},
                                                       {.name = NULL}};
static const struct lws_protocols only_protocol[] = {{.name = "client", .callback = callback_client}, {.name = NULL}};

static void connect_out(void) {
  if (under_way || left <= 0) return;
  struct lws_client_connect_info info = {.context = context,
                                         .address = "127.0.0.1",
                                         .host = "127.0.0.1",
                                         .origin = "127.0.0.1",
                                         .port = peer_port,
                                         .path = "/dyn",
                                         .method = "GET",
                                         .local_protocol_name = unnamed ? NULL : "client"};
  left--;
  under_way = 1;
  if (!lws_client_connect_via_info(&info)) one_has_ended();
}

static struct lws_vhost *make_vhost(struct lws_context_creation_info *info, const char *name, const char *said) {
  info->vhost_name = name;
  struct lws_vhost *vhost = lws_create_vhost(context, info);
  if (vhost) host_print_port(said, lws_get_vhost_listen_port(vhost));
  return vhost;
}

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  unnamed = options.positional + 3 == argc && !strcmp(argv[argc - 1], "unnamed");
  if (options.positional + 2 + unnamed != argc || !options.plugins) return 2;
  peer_port = atoi(argv[options.positional]);
  left = atoi(argv[options.positional + 1]);
  lws_set_log_level(LLL_ERR, NULL);

  struct lws_http_mount dyn = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "dyn", .origin_protocol = LWSMPRO_CALLBACK};
  struct lws_context_creation_info info = {.options =
                                               LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6};
  tracing_by_plugin(&info, options.plugins, options.trace);
  const struct lws_protocol_vhost_options *enabled = info.pvo;
  info.pvo = NULL;
  context = lws_create_context(&info);
  if (!context) return 1;
  host_heed_signals(context);
  info.iface = "127.0.0.1";
  info.protocols = unnamed ? only_protocol : first_protocols;
  if (!make_vhost(&info, "first", "")) return 1;
  info.protocols = host_protocols;
  info.mounts = &dyn;
  info.pvo = enabled;
  if (!make_vhost(&info, "app", "app")) return 1;
  host_loop(context, connect_out);
  lws_context_destroy(context);
  return 0;
}
