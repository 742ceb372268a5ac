// SPDX-License-Identifier: MIT
//
// The protocols of table_host, see table.h.
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "table.h"

enum { kSlowUs = 50000, kHugeBytes = 16 << 20 };

struct exchange {
  int head, body;  // to be sent when the socket takes it
};

static int ends_with(const char *text, const char *end) {
  const size_t length = strlen(text), want = strlen(end);
  return length >= want && !strcmp(text + length - want, end);
}

// Copies the query of the request, at most SIZE bytes of it.
static const char *query_of(struct lws *wsi, char *query, int size) {
  return lws_hdr_copy_fragment(wsi, query, size, WSI_TOKEN_HTTP_URI_ARGS, 0) > 0 ? query : "";
}

static unsigned slow_us(struct lws *wsi) {
  char query[32];
  return !strncmp(query_of(wsi, query, sizeof query), "ms=", 3) ? 1000 * (unsigned)atoi(query + 3) : kSlowUs;
}

static void sleep_as_asked(struct lws *wsi) {
  struct pollfd more = {.fd = lws_get_socket_fd(wsi), .events = POLLIN};
  char query[32];
  if (!strcmp(query_of(wsi, query, sizeof query), "more")) poll(&more, 1, -1);
  usleep(kSlowUs);
}

static int answer_when_writable(struct lws *wsi, struct exchange *exchange) {
  exchange->head = exchange->body = 1;
  lws_callback_on_writable(wsi);
  return 0;
}

static int answer_head(struct lws *wsi, struct exchange *exchange) {
  exchange->head = 0;
  return send_head(wsi, 4);
}

static int answer_body(struct lws *wsi, struct exchange *exchange) {
  exchange->body = 0;
  return send_body(wsi, "dyn\n", LWS_WRITE_HTTP_FINAL) ? 1 : complete(wsi);
}

static int send_answer(struct lws *wsi, struct exchange *exchange) {
  if (!exchange || !exchange->body) return 0;
  if (exchange->head && answer_head(wsi, exchange)) return 1;
  return answer_body(wsi, exchange);
}

// Answers at once: a head that promises LENGTH (-1: none), then BYTES as PROTOCOL.
static int write_at_once(struct lws *wsi, long long length, size_t bytes, enum lws_write_protocol protocol) {
  static unsigned char body[LWS_PRE + kHugeBytes];
  if (send_head(wsi, length)) return -1;
  memset(body + LWS_PRE, 'x', bytes);
  return lws_write(wsi, body + LWS_PRE, bytes, protocol);
}

static int redirect_at_once(struct lws *wsi) {
  unsigned char buffer[LWS_PRE + 512], *p = buffer + LWS_PRE;
  return lws_http_redirect(wsi, HTTP_STATUS_FOUND, (const unsigned char *)"/index.html", 11, &p,
                           buffer + sizeof buffer);
}

// Whether a response was written of which lws is never told that it was all.
static int write_untold(struct lws *wsi, const char *path) {
  if (ends_with(path, "final")) write_at_once(wsi, -1, 4, LWS_WRITE_HTTP_FINAL);
  else if (ends_with(path, "length")) write_at_once(wsi, 4, 4, LWS_WRITE_HTTP);
  else if (ends_with(path, "less")) write_at_once(wsi, 7, 4, LWS_WRITE_HTTP_FINAL);
  else if (ends_with(path, "part")) write_at_once(wsi, -1, 4, LWS_WRITE_HTTP);
  else if (ends_with(path, "huge")) write_at_once(wsi, kHugeBytes, kHugeBytes, LWS_WRITE_HTTP_FINAL);
  else if (ends_with(path, "page")) lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
  else if (ends_with(path, "moved")) redirect_at_once(wsi);
  else return 0;
  return 1;
}

static int begin_request(struct lws *wsi, struct exchange *exchange, const char *path) {
  memset(exchange, 0, sizeof *exchange);
  if (ends_with(path, "refuse")) return 1;
  if (write_untold(wsi, path)) return -1;
  if (ends_with(path, "missing")) {
    return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : complete(wsi);
  }
  if (ends_with(path, "broken")) {
    return lws_return_http_status(wsi, HTTP_STATUS_INTERNAL_SERVER_ERROR, NULL) ? -1 : complete(wsi);
  }
  if (ends_with(path, "sleep")) {
    sleep_as_asked(wsi);
    return answer_head(wsi, exchange) ? 1 : answer_body(wsi, exchange);
  }
  if (ends_with(path, "slow")) lws_set_timer_usecs(wsi, slow_us(wsi));
  if (ends_with(path, "slow") || ends_with(path, "body") || ends_with(path, "never")) return 0;
  answer_when_writable(wsi, exchange);
  return ends_with(path, "halves") ? answer_head(wsi, exchange) : 0;
}

static int callback_dyn(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct exchange *exchange = user;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return begin_request(wsi, exchange, in ? in : "");
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return answer_when_writable(wsi, exchange);
    case LWS_CALLBACK_TIMER: return answer_when_writable(wsi, exchange);
    case LWS_CALLBACK_HTTP_WRITEABLE: return send_answer(wsi, exchange);
    case LWS_CALLBACK_HTTP_BODY: return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, len);
  }
}

static int callback_own(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  if (reason == LWS_CALLBACK_FILTER_HTTP_CONNECTION && ends_with(in, "forbidden")) return 1;
  return callback_dyn(wsi, reason, user, in, len);
}

static int callback_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  if (reason == LWS_CALLBACK_RECEIVE && len == 4 && !memcmp(in, "drop", 4)) return -1;
  if (reason == LWS_CALLBACK_RECEIVE && len == 5 && !memcmp(in, "leave", 5)) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
    return -1;
  }
  return host_echo(wsi, reason, user, in, len);
}

static int refuse(enum lws_callback_reasons refused, struct lws *wsi, enum lws_callback_reasons reason, void *user,
                  void *in, size_t len) {
  return reason == refused ? 1 : lws_callback_http_dummy(wsi, reason, user, in, len);
}

static int callback_refusing(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  return refuse(LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION, wsi, reason, user, in, len);
}

static int callback_no_network(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  return refuse(LWS_CALLBACK_FILTER_NETWORK_CONNECTION, wsi, reason, user, in, len);
}

static int callback_no_new(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  return refuse(LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED, wsi, reason, user, in, len);
}

#define EXCHANGES .per_session_data_size = sizeof(struct exchange)
#define ECHO_PROTOCOL                                                                             \
  {                                                                                               \
    .name = "echo", .callback = callback_echo, .per_session_data_size = sizeof(struct host_echo), \
    .rx_buffer_size = 1024                                                                        \
  }

static struct lws_protocols app[] = {
    {.name = "http", .callback = lws_callback_http_dummy},
    {.name = "dyn", .callback = callback_dyn, EXCHANGES},
    {.name = "files", .callback = lws_callback_http_dummy, EXCHANGES},
    ECHO_PROTOCOL,
    {.name = "refusing", .callback = callback_refusing, EXCHANGES},
    {0},
};
static struct lws_protocols own[] = {{.name = "own", .callback = callback_own, EXCHANGES}, {0}};
static struct lws_protocols no_network[] = {{.name = "http", .callback = callback_no_network}, {0}};
static struct lws_protocols no_new[] = {{.name = "http", .callback = callback_no_new}, {0}};
static struct lws_protocols pinged[] = {{.name = "http", .callback = lws_callback_http_dummy}, ECHO_PROTOCOL, {0}};

const char *const table_vhost_names[] = {"app", "own", "no_network", "no_new", "pinged"};
struct lws_protocols *const table_protocols[] = {app, own, no_network, no_new, pinged};
