// SPDX-License-Identifier: MIT
//
// More of everything than the tables of wsitrace hold:    many_host [OPTIONS] VHOSTS PROTOCOLS
// Each vhost listens on a port of its own and has "http", "dyn", "echo" and PROTOCOLS further ones; all names differ.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { kNameBytes = 24, kOwnProtocols = 3 };

static struct lws_protocols *table_of(int vhost, int protocols) {
  struct lws_protocols *table = calloc((size_t)protocols + kOwnProtocols + 1, sizeof *table);
  char *names = calloc((size_t)protocols, kNameBytes);
  if (!table || !names) exit(1);
  memcpy(table, host_protocols, kOwnProtocols * sizeof *table);
  for (int i = 0; i < protocols; i++) {
    char *name = names + i * kNameBytes;
    snprintf(name, kNameBytes, "p-%d-%d", vhost, i);
    table[kOwnProtocols + i] = host_protocols[kOwnProtocols - 1];
    table[kOwnProtocols + i].name = name;
  }
  return table;
}

static struct lws_vhost *make_vhost(struct lws_context *context, int number, int protocols) {
  static const struct lws_http_mount dyn = {
      .mountpoint = "/dyn", .mountpoint_len = 4, .origin = "dyn", .origin_protocol = LWSMPRO_CALLBACK};
  char name[kNameBytes];
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  snprintf(name, sizeof name, "vhost-%d", number);
  info.vhost_name = name;
  info.iface = "127.0.0.1";
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  info.protocols = table_of(number, protocols);
  info.mounts = &dyn;
  return lws_create_vhost(context, &info);
}

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  const int vhosts = argc > options.positional ? atoi(argv[options.positional]) : 5;
  const int protocols = argc > options.positional + 1 ? atoi(argv[options.positional + 1]) : 600;
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6;
  lws_set_log_level(LLL_ERR, NULL);
  host_heed_signals(NULL);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
  for (int i = 0; i < vhosts; i++) {
    struct lws_vhost *vhost = make_vhost(context, i, protocols);
    if (!vhost) return 1;
    host_print_port("", lws_get_vhost_listen_port(vhost));
  }
  host_serve(context, &options);
  host_print_result(&options);
  return 0;
}
