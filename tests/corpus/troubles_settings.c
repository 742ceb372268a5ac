// SPDX-License-Identifier: MIT
//
// Servers whose settings do not do what they were meant to: vhosts that share a port, or a name; no protocols; a UNIX socket without a
// listener; a port for two protocols; a vhost that is destroyed by the request that it answers. Also clients on another thread, which
// answer the end of a connection within microseconds.
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>

#include "troubles_identity.h"

static const char kAsksForFeed[] =
    "GET /ws HTTP/1.1\r\nHost: feed.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: feed\r\n\r\n";

static int callback_settings(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  return reason == LWS_CALLBACK_HTTP && (answer(wsi) || complete(wsi)) ? -1 : 0;
}

static struct lws_context *start_empty(struct lws_context_creation_info *info) {
  info->options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  struct lws_context *context = lws_create_context(info);
  if (!context) give_up("no context");
  return context;
}

// A visitor who leaves after what came back within MS.
static void visit(struct lws_context *context, int port, const char *text, int ms) {
  const int fd = dial(port);
  if (text) say(fd, text);
  serve_and_read(context, fd, ms);
  hang_up(context, fd);
  serve_for(context, 20);
}

// --- Names of vhosts ---

static void two_vhosts(const char *first, const char *second) {
  static const struct lws_protocols chats[] = {{.name = "chat", .callback = callback_nothing}, {0}};
  static const struct lws_protocols feeds[] = {{.name = "feed", .callback = callback_nothing}, {0}};
  struct lws_context_creation_info info = desk_info(callback_settings, 20);
  info.mounts = NULL;
  struct lws_context *context = start_empty(&info);
  const int port = unused_port();
  info.protocols = chats;
  add_vhost(context, &info, first, port);
  info.protocols = feeds;
  add_vhost(context, &info, second, port);
  visit(context, port, kAsksForFeed, 100);
  lws_context_destroy(context);
}
static void vhosts_of_one_name(void) { two_vhosts("default", "default"); }
static void vhosts_of_two_names(void) { two_vhosts("chat.example", "feed.example"); }

// --- No protocols ---

static void asks_for_page(bool has_protocols) {
  struct lws_context_creation_info info = desk_info(callback_settings, 20);
  if (!has_protocols) info.protocols = NULL, info.mounts = NULL;
  struct lws_context *context = start_empty(&info);
  const int port = unused_port();
  add_vhost(context, &info, "app", port);
  visit(context, port, TROUBLE_GET("/order"), 100);
  if (!has_protocols) visit(context, port, kAsksForFeed, 100);
  lws_context_destroy(context);
}
static void protocols_are_missing(void) { asks_for_page(false); }
static void protocols_are_there(void) { asks_for_page(true); }

// --- A port for TLS and for plain HTTP ---

static void plain_visitor(bool has_own_port) {
  unsigned char *certificate = NULL, *key = NULL;
  const struct identity of = identity("safe.example", kDay);
  struct lws_context_creation_info info = desk_info(callback_settings, 20);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  struct lws_context *context = start_empty(&info);
  const int port = unused_port();
  struct lws_context_creation_info plain = info;
  info.server_ssl_cert_mem_len = (unsigned int)i2d_X509(of.certificate, &certificate);
  info.server_ssl_private_key_mem_len = (unsigned int)i2d_PrivateKey(of.key, &key);
  info.server_ssl_cert_mem = certificate;
  info.server_ssl_private_key_mem = key;
  add_vhost(context, &info, "safe.example", port);
  const int plain_port = has_own_port ? unused_port() : port;
  add_vhost(context, &plain, "plain.example", plain_port);
  visit(context, plain_port, "GET /order HTTP/1.1\r\nHost: plain.example\r\n\r\n", 100);
  lws_context_destroy(context);
}
static void plain_vhost_behind_tls(void) { plain_visitor(false); }
static void plain_vhost_with_own_port(void) { plain_visitor(true); }

// --- A UNIX socket ---

static void listens_in_folder(int port) {
  static char path[64];
  snprintf(path, sizeof path, "/tmp/desk-%d.sock", (int)getpid());
  struct lws_context_creation_info info = desk_info(callback_settings, 20);
  info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
  info.iface = path;
  info.port = port;
  struct lws_context *context = lws_create_context(&info);
  if (!context) give_up("no context");
  serve_for(context, 700);
  lws_context_destroy(context);
  unlink(path);
}
static void unix_socket_without_listener(void) { listens_in_folder(CONTEXT_PORT_NO_LISTEN); }
static void unix_socket_with_listener(void) { listens_in_folder(0); }

// --- A server that speaks first ---

static int callback_greets(DESK_ARGUMENTS) {
  unsigned char line[LWS_PRE + 8];
  (void)user;
  (void)in;
  (void)len;
  memcpy(line + LWS_PRE, "220 hi\r\n", 8);
  if (reason == LWS_CALLBACK_RAW_ADOPT) lws_callback_on_writable(wsi);
  return reason == LWS_CALLBACK_RAW_WRITEABLE && lws_write(wsi, line + LWS_PRE, 8, LWS_WRITE_RAW) < 8 ? -1 : 0;
}

static void greets(uint64_t how) {
  struct lws_context_creation_info info = desk_info(callback_greets, 20);
  info.options |= how;
  info.listen_accept_role = "raw-skt";
  info.listen_accept_protocol = "desk";
  struct lws_context *context = start(&info);
  visit(context, port_of(context, "app"), NULL, 1300);
  lws_context_destroy(context);
}
static void greets_in_vain(void) { greets(LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG); }
static void greets_at_once(void) { greets(LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG); }

// --- A vhost that ends ---

static bool ends_vhost;
static int callback_ends_vhost(DESK_ARGUMENTS) {
  (void)user;
  (void)len;
  if (reason != LWS_CALLBACK_HTTP) return 0;
  if (ends_vhost && strcmp(in, "/stop") == 0) {
    lws_vhost_destroy(lws_get_vhost(wsi));
    return -1;
  }
  return answer(wsi) || complete(wsi) ? -1 : 0;
}

static void asked_to_stop(bool is_within) {
  ends_vhost = is_within;
  struct lws_context_creation_info info = desk_info(callback_ends_vhost, 20);
  info.mounts = NULL;
  struct lws_protocols only[] = {{.name = "desk", .callback = callback_ends_vhost}, {0}};
  info.protocols = only;
  struct lws_context *context = start_empty(&info);
  const int port = unused_port();
  add_vhost(context, &info, "app", port);
  visit(context, port, TROUBLE_GET("/stop"), 100);
  lws_context_destroy(context);
}
static void vhost_ends_in_its_request(void) { asked_to_stop(true); }
static void vhost_stays_for_request(void) { asked_to_stop(false); }

// --- Bodies ---

static int callback_says_chunked(DESK_ARGUMENTS) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins, *limit = head + sizeof head;
  (void)user;
  (void)in;
  (void)len;
  if (reason != LWS_CALLBACK_HTTP) return 0;
  if (lws_add_http_header_status(wsi, HTTP_STATUS_OK, &ends, limit) ||
      lws_add_http_header_by_name(wsi, (const unsigned char *)"transfer-encoding:", (const unsigned char *)"chunked", 7,
                                  &ends, limit) ||
      lws_finalize_write_http_header(wsi, begins, &ends, limit))
    return -1;
  memcpy(begins, "hello", 5);
  return lws_write(wsi, begins, 5, LWS_WRITE_HTTP_FINAL) < 0 || complete(wsi) ? -1 : 0;
}

static void body_is_in_no_chunks(void) {
  struct lws_context *context = desk(callback_says_chunked, 20);
  visit(context, port_of(context, "app"), TROUBLE_GET("/order"), 60);
  lws_context_destroy(context);
}

static int callback_posted(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  return reason == LWS_CALLBACK_HTTP_BODY_COMPLETION && (answer(wsi) || complete(wsi)) ? -1 : 0;
}

// POST / on HTTP/2, in HPACK: :method, :path, :scheme, :authority "app", and content-length "5".
static void posts_h2(bool says_length) {
  static const unsigned char head[] = {0x83, 0x84, 0x86, 0x41, 3, 'a', 'p', 'p', 0x0f, 0x0d, 1, '5'};
  struct lws_context_creation_info info = desk_info(callback_posted, 20);
  info.options |= LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_h2(fd, kSettings, 0, 0, "", 0);
  say_h2(fd, kHeaders, kEndHeaders, 1, head, says_length ? sizeof head : sizeof head - 4);
  serve_and_read(context, fd, 40);
  say_h2(fd, kData, kEndStream, 1, "hello", 5);
  serve_and_read(context, fd, 700);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void h2_post_without_length(void) { posts_h2(false); }
static void h2_post_with_length(void) { posts_h2(true); }

// --- Clients that close as soon as the server has ---

enum { kFastClients = 20 };

static bool refuses;
static int callback_may_refuse(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  if (reason != LWS_CALLBACK_HTTP) return 0;
  return refuses || answer(wsi) || complete(wsi) ? -1 : 0;
}

static volatile int fast_clients_done;
static void *fast_clients(void *port) {
  char got[512];
  for (int i = 0; i < kFastClients; i++) {
    const int fd = dial(*(const int *)port);
    say(fd, "GET /order HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
    while (read(fd, got, sizeof got) > 0) continue;
    close(fd);
  }
  fast_clients_done = 1;
  return NULL;
}

static void serves_fast_clients(bool in_vain) {
  refuses = in_vain;
  struct lws_context *context = desk(callback_may_refuse, 20);
  int port = port_of(context, "app");
  pthread_t thread;
  if (pthread_create(&thread, NULL, fast_clients, &port)) give_up("no thread");
  serve_until(context, &fast_clients_done, 1);
  pthread_join(thread, NULL);
  serve_for(context, 50);
  lws_context_destroy(context);
}
static void fast_clients_are_refused(void) { serves_fast_clients(true); }
static void fast_clients_are_answered(void) { serves_fast_clients(false); }

const struct corpus_case settings_troubles[] = {
    {"vhosts_of_one_name", vhosts_of_one_name},
    {"vhosts_of_two_names", vhosts_of_two_names},
    {"protocols_are_missing", protocols_are_missing},
    {"protocols_are_there", protocols_are_there},
    {"plain_vhost_behind_tls", plain_vhost_behind_tls},
    {"plain_vhost_with_own_port", plain_vhost_with_own_port},
    {"unix_socket_without_listener", unix_socket_without_listener},
    {"unix_socket_with_listener", unix_socket_with_listener},
    {"greets_in_vain", greets_in_vain},
    {"greets_at_once", greets_at_once},
    {"vhost_ends_in_its_request", vhost_ends_in_its_request},
    {"vhost_stays_for_request", vhost_stays_for_request},
    {"body_is_in_no_chunks", body_is_in_no_chunks},
    {"h2_post_without_length", h2_post_without_length},
    {"h2_post_with_length", h2_post_with_length},
    {"fast_clients_are_refused", fast_clients_are_refused},
    {"fast_clients_are_answered", fast_clients_are_answered},
    {0},
};
