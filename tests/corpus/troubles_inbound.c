// SPDX-License-Identifier: MIT
//
// Visitors of this program that are turned away, give up, or never ask for anything.
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kLongHead = 9000, kVisitors = 3 };

static int strict_filter, strict_upgrade, strict_handler;

static int callback_in(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return strict_upgrade ? -1 : 0;
    case LWS_CALLBACK_HTTP:
      if (strict_handler) return -1;
      return answer(wsi) ? -1 : complete(wsi);
    default: break;
  }
  return 0;
}

static int callback_doorman(DESK_ARGUMENTS) {
  if (reason == LWS_CALLBACK_FILTER_NETWORK_CONNECTION) return strict_filter;
  if (reason == LWS_CALLBACK_FILTER_HTTP_CONNECTION) return strict_handler == 2;
  return lws_callback_http_dummy(wsi, reason, user, in, len);
}

static struct lws_context *start_doorman(void) {
  static struct lws_protocols protocols[3] = {{.name = "http", .callback = callback_doorman}};
  struct lws_context_creation_info info = desk_info(callback_in, 1);
  protocols[1] = info.protocols[1];
  info.protocols = protocols;
  return start(&info);
}

// --- Requests that are none, or too much ---

static void says_and_is_cut(const char *text) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  say(fd, text);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void says_garbage(void) { says_and_is_cut("ketchup and mustard, please\r\n\r\n"); }
static void says_binary(void) {
  says_and_is_cut("\x16\x03\x01\x02\x7f\x01\xfc\x03\x03xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n\r\n");
}

static void header_too_large(void) {
  static char request[kLongHead];
  strcpy(request, "GET /order HTTP/1.1\r\nHost: app\r\nCookie: ");
  memset(request + strlen(request), 'c', kLongHead - 100);
  strcat(request, "\r\n\r\n");
  says_and_is_cut(request);
}

static void header_of_some_size(void) {
  static char request[2600];
  strcpy(request, "GET /order HTTP/1.1\r\nHost: app\r\nCookie: ");
  memset(request + strlen(request), 'c', 1500);
  strcat(request, "\r\n\r\n");
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void says_nothing(void) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void says_half_a_head(void) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  say(fd, "GET /order HTTP/1.1\r\nHost: ap");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void comes_and_goes(void) {
  struct lws_context *context = desk(callback_in, 1);
  for (int i = 0; i < kVisitors; i++) {
    const int fd = dial(port_of(context, "app"));
    serve_for(context, 20);
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

// Slow, but in time.
static void slow_to_ask(void) {
  struct lws_context *context = desk(callback_in, 5);
  const int fd = dial(port_of(context, "app"));
  serve_for(context, 250);
  say(fd, "GET /order HTT");
  serve_for(context, 250);
  say(fd, "P/1.1\r\nHost: app\r\n\r\n");
  expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}

// No mount has the path: lws answers 404 itself.
static void no_such_page(void) {
  static const struct lws_http_mount shop = {
      .mountpoint = "/shop", .mountpoint_len = 5, .origin = "desk", .origin_protocol = LWSMPRO_CALLBACK};
  struct lws_context_creation_info info = desk_info(callback_in, 5);
  info.mounts = &shop;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect(context, fd, "404");
  hang_up(context, fd);
  lws_context_destroy(context);
}

// One address comes again and again and never asks for anything.
static void peer_churns(void) {
  struct lws_context *context = desk(callback_in, 5);
  for (int i = 0; i < 61; i++) {
    const int fd = dial(port_of(context, "app"));
    serve_for(context, 2);
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

static void asks_and_idles(void) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  get(context, fd, "/bill");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void half_closes_after_answer(void) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  shutdown(fd, SHUT_WR);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void half_closes_with_request(void) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  shutdown(fd, SHUT_WR);
  expect(context, fd, "hello\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void http10_answer_ends(void) {
  struct lws_context *context = desk(callback_in, 1);
  const int fd = dial(port_of(context, "app"));
  say(fd, "GET /order HTTP/1.0\r\n\r\n");
  expect(context, fd, "hello\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- Refused ---

static void upgrade_to(struct lws_context *context, const char *protocol) {
  const int fd = dial(port_of(context, "app"));
  say(fd,
      "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ");
  say(fd, protocol);
  say(fd, "\r\n\r\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void upgrade_to_unknown(void) { upgrade_to(desk(callback_in, 1), "kitchen"); }
static void upgrade_turned_down(void) {
  strict_upgrade = 1;
  upgrade_to(desk(callback_in, 1), "desk");
}

static void turned_away_at_the_door(void) {
  strict_filter = 1;
  struct lws_context *context = start_doorman();
  const int fd = dial(port_of(context, "app"));
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void let_in_at_the_door(void) {
  struct lws_context *context = start_doorman();
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void handler_says_no(void) {
  strict_handler = 1;
  says_and_is_cut(TROUBLE_GET("/order"));
}

static void request_filtered(void) {
  strict_handler = 2;
  struct lws_context *context = start_doorman();
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- The listener ---

// The plugin's thread opens its trace when it can, and here soon cannot.
static void await_trace(struct lws_context *context) {
  const char *trace = getenv("CORPUS_TRACE");
  for (int i = 0; i < 250 && trace && access(trace, F_OK) != 0; i++) serve_for(context, 20);
}

// Four clients are in the accept queue; the program has opened all it may.
static void out_of_descriptors(void) {
  struct lws_context *context = desk(callback_in, 1);
  serve_for(context, 20);
  await_trace(context);
  for (int i = 0; i < 4; i++) dial(port_of(context, "app"));
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 64;
  setrlimit(RLIMIT_NOFILE, &limit);
  while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) continue;
  if (errno != EMFILE) give_up("there are descriptors left");
  serve_for(context, 300);
  lws_context_destroy(context);
}

// Somebody else has the port of the vhost.
static void port_taken(void) {
  struct lws_context_creation_info info = desk_info(callback_in, 1);
  listen_on(&info.port, 1);
  struct lws_context *context = lws_create_context(&info);
  if (context) lws_context_destroy(context);
}

// lws's own table has no room for more than a few.
static void table_full(void) {
  struct lws_context_creation_info info = desk_info(callback_in, 1);
  info.fd_limit_per_thread = 19;
  struct lws_context *context = start(&info);
  for (int i = 0; i < 23; i++) dial(port_of(context, "app"));
  serve_for(context, 200);
  lws_context_destroy(context);
}

// The same limit, which is not reached.
static void descriptors_left(void) {
  struct lws_context *context = desk(callback_in, 1);
  int fds[4];
  for (int i = 0; i < 4; i++) fds[i] = dial(port_of(context, "app"));
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 64;
  setrlimit(RLIMIT_NOFILE, &limit);
  for (int i = 0; i < 4; i++) get(context, fds[i], "/order");
  for (int i = 0; i < 4; i++) hang_up(context, fds[i]);
  lws_context_destroy(context);
}

const struct corpus_case inbound_troubles[] = {
    {"says_garbage", says_garbage},
    {"says_binary", says_binary},
    {"header_too_large", header_too_large},
    {"header_of_some_size", header_of_some_size},
    {"says_nothing", says_nothing},
    {"says_half_a_head", says_half_a_head},
    {"comes_and_goes", comes_and_goes},
    {"peer_churns", peer_churns},
    {"asks_and_idles", asks_and_idles},
    {"half_closes_after_answer", half_closes_after_answer},
    {"half_closes_with_request", half_closes_with_request},
    {"http10_answer_ends", http10_answer_ends},
    {"upgrade_to_unknown", upgrade_to_unknown},
    {"upgrade_turned_down", upgrade_turned_down},
    {"turned_away_at_the_door", turned_away_at_the_door},
    {"let_in_at_the_door", let_in_at_the_door},
    {"handler_says_no", handler_says_no},
    {"request_filtered", request_filtered},
    {"out_of_descriptors", out_of_descriptors},
    {"port_taken", port_taken},
    {"table_full", table_full},
    {"descriptors_left", descriptors_left},
    {"slow_to_ask", slow_to_ask},
    {"no_such_page", no_such_page},
    {0},
};
