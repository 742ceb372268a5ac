// SPDX-License-Identifier: MIT
//
// A program that only connects to others: http, websocket and raw clients on one context, without a listener.
//
//   client_host [OPTIONS] URL...     http:// https:// ws:// wss:// raw://HOST:PORT/PATH
//     --one-by-one        the next URL when the one before has finished, instead of all at once
//     --pipeline          LCCSCF_PIPELINE: share connections to the same server
//     --post BYTES        POST a body of that size instead of GET
//     --messages N        websocket, raw: send N messages, each after the echo of the one before, then close
//     --subprotocol NAME  ask for it     --peer-closes   do not close, wait for the peer to
//     --leave-open        end with the last result: lws_context_destroy() meets live connections. Otherwise the program serves until
//                         lws has closed them all, which for one that is kept alive is 5 s later
//     --refuse            CLIENT_ESTABLISHED returns -1
//     --self-signed       accept any certificate     --ca FILE   trust these     --alpn NAMES
//     --timeout S         lws's own timeouts         --limit S   give up on the whole program
//
// Output:  one line per URL, what its callbacks said. Then the context is destroyed and the program ends with 0, or with 3 when it
//          gave up.
// Sharing: until 4.3 lws finds a connection to share only where info.host equals info.address, so it does here.
// Note:    lws reports a result in three ways, all of which a client must expect: the connect call returns NULL (and has already
//          freed everything), CLIENT_CONNECTION_ERROR, or one of the closed callbacks without an error before.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "tracing.h"

enum { kMaxUrls = 32 };

static struct exchange exchanges[kMaxUrls];
static int count, started;
static bool one_by_one, timed_out;
static int connection_flags, timeout_secs, limit_secs = 20;
static const char *ca_file, *alpn;
static struct lws_context *context;

static void on_alarm(int signal_number) {
  (void)signal_number;
  timed_out = true;
  lws_cancel_service(context);
}

static int option(int argc, char **argv, int at) {
  const char *name = argv[at], *value = at + 1 < argc ? argv[at + 1] : "";
  if (!strcmp(name, "--one-by-one")) return one_by_one = true, 1;
  if (!strcmp(name, "--pipeline")) return connection_flags |= LCCSCF_PIPELINE, 1;
  if (!strcmp(name, "--self-signed"))
    return connection_flags |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK, 1;
  if (!strcmp(name, "--peer-closes")) return client_options.peer_closes = true, 1;
  if (!strcmp(name, "--leave-open")) return client_options.leave_open = true, 1;
  if (!strcmp(name, "--refuse")) return client_options.refuse = true, 1;
  if (!strcmp(name, "--post")) return client_options.method = "POST", client_options.post_bytes = atoi(value), 2;
  if (!strcmp(name, "--messages")) return client_options.messages = atoi(value), 2;
  if (!strcmp(name, "--subprotocol")) return client_options.subprotocol = value, 2;
  if (!strcmp(name, "--ca")) return ca_file = value, 2;
  if (!strcmp(name, "--alpn")) return alpn = value, 2;
  if (!strcmp(name, "--timeout")) return timeout_secs = atoi(value), 2;
  if (!strcmp(name, "--limit")) return limit_secs = atoi(value), 2;
  fprintf(stderr, "client_host: %s: unknown option\n", name);
  exit(2);
}

static void connect_to(struct exchange *exchange) {
  const char *scheme, *address, *path;
  char copy[512], target[512];
  int port;
  lws_strncpy(copy, exchange->url, sizeof copy);
  if (lws_parse_uri(copy, &scheme, &address, &port, &path)) {
    client_finished(exchange, "not a URL", NULL);
    return;
  }
  lws_snprintf(target, sizeof target, "/%s", path);
  struct lws_client_connect_info info = {.context = context,
                                         .address = address,
                                         .port = port,
                                         .path = target,
                                         .host = address,
                                         .origin = address,
                                         .alpn = alpn,
                                         .userdata = exchange,
                                         .pwsi = &exchange->wsi};
  info.ssl_connection = connection_flags;
  if (!strcmp(scheme, "https") || !strcmp(scheme, "wss")) info.ssl_connection |= LCCSCF_USE_SSL;
  if (scheme[0] == 'h') {
    info.method = client_options.method;
    info.local_protocol_name = "client-http";
  } else if (scheme[0] == 'w') {
    info.protocol = client_options.subprotocol;
    info.local_protocol_name = "client-ws";
  } else {
    info.method = "RAW";
    info.local_protocol_name = "client-raw";
  }
  if (lws_client_connect_via_info(&info)) return;
  client_finished(exchange, "not connected", NULL);
  exchange->gone = true;
}

static bool all_finished(void) {
  for (int i = 0; i < started; i++)
    if (!exchanges[i].finished) return false;
  return true;
}

static bool all_gone(void) {
  for (int i = 0; i < started; i++)
    if (!exchanges[i].gone) return false;
  return true;
}

static void serve_until(bool (*done)(void)) {
  while (!timed_out && !done() && lws_service(context, 0) >= 0) {
  }
}

int main(int argc, char **argv) {
  int at = 1;
  argc = tracing_from(argc, argv);
  while (at < argc && argv[at][0] == '-') at += option(argc, argv, at);
  while (at < argc && count < kMaxUrls) exchanges[count++].url = argv[at++];

  lws_set_log_level(LLL_ERR, NULL);
  tracing_start(client_protocols);
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN, .protocols = client_protocols, .vhost_name = "app"};
  info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_IPV6;
  info.client_ssl_ca_filepath = ca_file;
  info.timeout_secs = (unsigned int)timeout_secs;  // 0: lws's own
  tracing_of_context(&info);
  context = lws_create_context(&info);
  if (!context) return 1;
  tracing_settle(context);

  signal(SIGALRM, on_alarm);
  alarm((unsigned int)limit_secs);
  while (started < count) {
    connect_to(&exchanges[started++]);
    if (one_by_one) serve_until(all_finished);
  }
  serve_until(client_options.leave_open ? all_finished : all_gone);
  lws_context_destroy(context);
  tracing_stop(context);
  for (int i = 0; i < count; i++)
    printf("%d %s status %u bytes %zu messages %d%s%s\n", i + 1,
           exchanges[i].result ? exchanges[i].result : "unfinished", exchanges[i].status, exchanges[i].received_bytes,
           exchanges[i].messages, *exchanges[i].detail ? " " : "", exchanges[i].detail);
  return timed_out ? 3 : 0;
}
