// SPDX-License-Identifier: MIT
//
// The host of the scenario table, see table.h:
//
//   table_host --files DIR [--timeout S] [--keepalive S] [--tls CERT KEY] [--client-ca FILE] [--h2] [--log]
//
// --timeout: lws's timeout for whatever it waits for; --keepalive: for the next request; --client-ca: clients must have a
// certificate; --h2: plain connections speak h2 from their first byte; --log: lws's log at NOTICE, which from 4.2 on tells the
// birth and death of every wsi.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "table.h"
#include "tracing.h"

static struct lws_context *served;
static const char *files, *certificate, *key, *client_ca;
static int timeout_s = 3600, keepalive_s = 3600, speaks_h2, logs;

// How many of the arguments from AT on it took, 0: not an option of ours.
static int take_option(int argc, char **argv, int at) {
  const char *name = argv[at], *value = at + 1 < argc ? argv[at + 1] : "";
  if (!strcmp(name, "--h2")) return speaks_h2 = 1;
  if (!strcmp(name, "--log")) return logs = 1;
  if (!strcmp(name, "--files")) files = value;
  else if (!strcmp(name, "--timeout")) timeout_s = atoi(value);
  else if (!strcmp(name, "--keepalive")) keepalive_s = atoi(value);
  else if (!strcmp(name, "--client-ca")) client_ca = value;
  else if (!strcmp(name, "--tls") && at + 2 < argc) {
    certificate = value;
    key = argv[at + 2];
    return 3;
  } else {
    return 0;
  }
  return 2;
}

static const struct lws_http_mount *mounts_of(enum table_vhost vhost) {
  static struct lws_http_mount dyn = {
      .mountpoint = "/dyn", .mountpoint_len = 4, .origin = "dyn", .origin_protocol = LWSMPRO_CALLBACK};
  static struct lws_http_mount other = {.mountpoint = "/other",
                                        .mountpoint_len = 6,
                                        .def = "index.html",
                                        .protocol = "files",
                                        .origin_protocol = LWSMPRO_FILE,
                                        .mount_next = &dyn};
  static struct lws_http_mount old = {.mountpoint = "/old",
                                      .mountpoint_len = 4,
                                      .origin = "localhost/index.html",
                                      .origin_protocol = LWSMPRO_REDIR_HTTP,
                                      .mount_next = &other};
  static struct lws_http_mount app = {
      .mountpoint = "/", .mountpoint_len = 1, .def = "index.html", .origin_protocol = LWSMPRO_FILE, .mount_next = &old};
  static struct lws_http_mount job = {
      .mountpoint = "/job", .mountpoint_len = 4, .origin = "own", .origin_protocol = LWSMPRO_CALLBACK};
  static struct lws_http_mount own = {
      .mountpoint = "/", .mountpoint_len = 1, .def = "index.html", .origin_protocol = LWSMPRO_FILE, .mount_next = &job};
  app.origin = own.origin = other.origin = files;
  return vhost == kApp ? &app : vhost == kOwn ? &own : NULL;
}

static int make_vhost(struct lws_context_creation_info info, enum table_vhost vhost) {
  static const lws_retry_bo_t impatient = {.secs_since_valid_ping = 1, .secs_since_valid_hangup = 2};
  info.vhost_name = table_vhost_names[vhost];
  info.protocols = table_protocols[vhost];
  info.mounts = mounts_of(vhost);
  info.iface = "127.0.0.1";
  info.keepalive_timeout = keepalive_s;
  if (vhost == kPinged) info.retry_and_idle_policy = &impatient;
  struct lws_vhost *made = lws_create_vhost(served, &info);
  if (made) host_print_port(info.vhost_name, lws_get_vhost_listen_port(made));
  return made != NULL;
}

int main(int argc, char **argv) {
  argc = tracing_from(argc, argv);
  for (int at = 1, took; at < argc; at += took)
    if (!(took = take_option(argc, argv, at))) return 2;
  struct lws_context_creation_info info = {
      .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6 |
                 (certificate ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0) |
                 (speaks_h2 ? LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE : 0) |
                 (client_ca ? LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT : 0),
      .timeout_secs = (unsigned int)timeout_s,
      .timeout_secs_ah_idle = (unsigned int)timeout_s,
      .ssl_cert_filepath = certificate,
      .ssl_private_key_filepath = key,
      .ssl_ca_filepath = client_ca,
  };
  lws_set_log_level(logs ? LLL_ERR | LLL_WARN | LLL_NOTICE : LLL_ERR, NULL);
  tracing_start(table_protocols[0]);
#ifdef HOST_LINKS_WSITRACE
  for (int vhost = 1; vhost < kTableVhosts; vhost++) wsitrace_wrap_protocols(table_protocols[vhost]);
#endif
  tracing_of_context(&info);
  served = lws_create_context(&info);
  if (!served) return 1;
  host_heed_signals(served);
  for (int vhost = 0; vhost < kTableVhosts; vhost++)
    if (!make_vhost(info, vhost)) return 1;
  host_loop(served, NULL);
  lws_context_destroy(served);
  tracing_stop(served);
  return 0;
}
