// SPDX-License-Identifier: MIT
//
// Clients: what they hand to lws_client_connect_via_info(), and what the other side then makes of it.
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "troubles_identity.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define IN_CHUNKS "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

enum { kTurns = 4000, kSlowMs = 1300 };

static int failed, established, completed, ended, received;
static bool sleeps_on_message;
static int lookup_ms;

static int callback_called(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_RAW_CONNECTED: established++; break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      received++;
      if (sleeps_on_message) nap(kSlowMs);
      break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(void) { return client_desk(callback_called, 20); }

static void answers(struct lws_context *context, int listener, const char *answer) {
  const int fd = pick_up_request(context, listener);
  say(fd, answer);
  for (int turns = 0; turns < kTurns && !completed && !failed && !ended; turns++) serve_for(context, 1);
  hang_up(context, fd);
  serve_for(context, 20);
}

// --- What the call gets ---

// It is to start again, and forgets that it has nothing to start with.
static void context_is_gone(bool makes_another) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, "GET", port, 0);
  answers(context, listener, SMALL);
  lws_context_destroy(context);
  if (makes_another) context = client();
  completed = 0;
  ask(context, "GET", port, 0);
  if (!makes_another) return;
  answers(context, listener, SMALL);
  lws_context_destroy(context);
}
static void connects_with_dead_context(void) { context_is_gone(false); }
static void connects_with_new_context(void) { context_is_gone(true); }

// What was on the stack before is in each member that is not set.
static void info_on_stack(int filled_with) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  struct lws_client_connect_info info;
  memset(&info, filled_with, sizeof info);
  info.context = context;
  info.address = info.host = info.origin = "127.0.0.1";
  info.port = port;
  info.path = "/order";
  info.method = "GET";
  info.protocol = "desk";
  info.ssl_connection = 0;
  lws_client_connect_via_info(&info);
  answers(context, listener, SMALL);
  lws_context_destroy(context);
}
static void info_not_zeroed(void) { info_on_stack(0x5a); }
static void info_zeroed(void) { info_on_stack(0); }

// Members as an older call on the stack has left them: pointers that were good once.
static void info_half_set(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context *context = client();
  struct lws_client_connect_info info = ask_info(context, "GET", port, 0);
  info.iface = (const char *)0x7ffc00000bad;
  lws_client_connect_via_info(&info);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

// --- Answers ---

static void gets(const char *answer) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, "GET", port, 0);
  answers(context, listener, answer);
  lws_context_destroy(context);
}
static void chunks_without_size(void) { gets(IN_CHUNKS "<html>hello</html>\r\n"); }
static void chunks_too_long(void) { gets(IN_CHUNKS "2\r\nokay\r\n0\r\n\r\n"); }
static void chunks_with_extension(void) {
  gets(IN_CHUNKS "2;name=value\r\nok\r\n0\r\n\r\n");
}  // RFC 9112 7.1.1 has them
static void chunks_as_they_should_be(void) { gets(IN_CHUNKS "2\r\nok\r\n2\r\nay\r\n0\r\n\r\n"); }

static void redirected_to_tls(void) {
  char answer[160];
  int port, tls_port;
  const int listener = listen_on(&port, 8);
  listen_on(&tls_port, 8);
  struct lws_context *context = client();
  ask(context, "GET", port, 0);
  snprintf(answer, sizeof answer,
           "HTTP/1.1 301 Moved Permanently\r\nLocation: https://127.0.0.1:%d/order\r\nContent-Length: 0\r\n\r\n",
           tls_port);
  answers(context, listener, answer);
  lws_context_destroy(context);
}

// --- TLS ---

static struct lws_context *tls_client(void) {
  struct lws_context_creation_info info = client_info(callback_called, 5);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  return start(&info);
}

// A server of OpenSSL, with a certificate for shop.example that it has signed itself; FIRST is the connect info's address and host.
static void asks_tls(int flags, const char *host, bool succeeds) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = tls_client();
  const struct identity shown = identity("shop.example", kDay);
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(tls, shown.certificate);
  SSL_CTX_use_PrivateKey(tls, shown.key);
  struct lws_client_connect_info info = ask_info(context, "GET", port, flags);
  info.host = info.origin = host;
  lws_client_connect_via_info(&info);
  const int fd = pick_up(context, listener);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL *ssl = SSL_new(tls);
  SSL_set_fd(ssl, fd);
  for (int turns = 0; turns < kTurns && !failed; turns++) {
    serve_for(context, 0);
    const int result = SSL_accept(ssl);
    if (result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_SSL) break;
  }
  char got[1024];
  for (int turns = 0; succeeds && turns < kTurns && SSL_read(ssl, got, sizeof got) <= 0; turns++) serve_for(context, 0);
  if (succeeds) SSL_write(ssl, SMALL, sizeof SMALL - 1);
  for (int turns = 0; turns < 100 && !completed && !failed && !ended; turns++) serve_for(context, 1);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void certificate_without_address(void) {
  asks_tls(LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED, "127.0.0.1", false);
}
static void certificate_with_name(void) { asks_tls(LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED, "shop.example", true); }
static void tls_flag_forgotten(void) { asks_tls(LCCSCF_ALLOW_SELFSIGNED, "shop.example", false); }

// The port of the proxy speaks TLS, which lws does not with a proxy.
static void proxy_speaks_tls(void) {
  char proxy[64];
  int port, proxy_port;
  const int listener = listen_on(&proxy_port, 8);
  listen_on(&port, 8);
  snprintf(proxy, sizeof proxy, "127.0.0.1:%d", proxy_port);
  setenv("http_proxy", proxy, 1);
  struct lws_context *context = client();
  ask(context, NULL, port, 0);
  const int fd = pick_up_request(context, listener);
  say_bytes(fd, "\x15\x03\x01\x00\x02\x02\x46", 7);
  hang_up(context, fd);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

// --- Other roles ---

static void raw_is_reset(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, "RAW", port, 0);
  const int fd = pick_up(context, listener);
  serve_until(context, &established, 1);
  say(fd, "login:");
  serve_for(context, 50);
  reset(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

// HTTP/2 by hand.
static struct lws_context *asks_h2(int *fd) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, "GET", port, LCCSCF_H2_PRIOR_KNOWLEDGE);
  *fd = pick_up_request(context, listener);
  say_h2(*fd, kSettings, 0, 0, "\0\x03\0\0\0\x64", 6);  // lws sends its request when some setting has come
  serve_for(context, 50);
  return context;
}
static void h2_told_to_go(void) {
  int fd;
  struct lws_context *context = asks_h2(&fd);
  say_h2(fd, kGoaway, 0, 0, "\0\0\0\0\0\0\0\x0b", 8);
  serve_for(context, 100);
  hang_up(context, fd);
  serve_for(context, 50);
  lws_context_destroy(context);
}
static void h2_answered(void) {
  int fd;
  struct lws_context *context = asks_h2(&fd);
  say_h2(fd, kHeaders, kEndHeaders, 1, "\x88", 1);  // :status 200
  say_h2(fd, kData, kEndStream, 1, "ok", 2);
  serve_until(context, &completed, 1);
  lws_context_destroy(context);
  close(fd);
}

// --- A client that does not come to read, and one that does not come to connect ---

static void session_beside(int slow_ms) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, NULL, port, 0);
  const int fd = pick_up(context, listener);
  accept_upgrade_to(context, fd, "desk");
  serve_until(context, &established, 1);
  sleeps_on_message = slow_ms > 0;
  say_bytes(fd, "\x81\x02ok\x89\x00", 6);
  serve_until(context, &received, 1);
  if (slow_ms > 0) return reset(context, fd);
  say_bytes(fd, "\x88\x02\x03\xe8", 4);
  serve_until(context, &ended, 1);
  close(fd);
  lws_context_destroy(context);
}
static void sleeps_on_messages(void) { session_beside(kSlowMs); }
static void wakes_on_messages(void) { session_beside(0); }

// lws asks the resolver in the loop, and nobody else is served until that has answered.
__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints, struct addrinfo **found) {
  int (*const original)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
  if (lookup_ms) nap(lookup_ms);
  return original(name, service, hints, found);
}
static void looks_up(int ms) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  struct lws_client_connect_info info = ask_info(context, "GET", port, 0);
  info.address = info.host = "localhost";
  lookup_ms = ms;
  lws_client_connect_via_info(&info);
  answers(context, listener, SMALL);
  lws_context_destroy(context);
}
static void resolver_is_slow(void) { looks_up(kSlowMs); }
static void resolver_is_quick(void) { looks_up(0); }

const struct corpus_case called_troubles[] = {
    {"connects_with_dead_context", connects_with_dead_context},
    {"connects_with_new_context", connects_with_new_context},
    {"info_not_zeroed", info_not_zeroed},
    {"info_half_set", info_half_set},
    {"info_zeroed", info_zeroed},
    {"chunks_without_size", chunks_without_size},
    {"chunks_too_long", chunks_too_long},
    {"chunks_with_extension", chunks_with_extension},
    {"chunks_as_they_should_be", chunks_as_they_should_be},
    {"redirected_to_tls", redirected_to_tls},
    {"certificate_without_address", certificate_without_address},
    {"certificate_with_name", certificate_with_name},
    {"tls_flag_forgotten", tls_flag_forgotten},
    {"proxy_speaks_tls", proxy_speaks_tls},
    {"raw_is_reset", raw_is_reset},
    {"h2_told_to_go", h2_told_to_go},
    {"h2_answered", h2_answered},
    {"sleeps_on_messages", sleeps_on_messages},
    {"wakes_on_messages", wakes_on_messages},
    {"resolver_is_slow", resolver_is_slow},
    {"resolver_is_quick", resolver_is_quick},
    {NULL, NULL},
};
