// SPDX-License-Identifier: MIT
//
// What servers answer, and what they get wrong: lengths that do not fit, answers that come too late, mounts that do not lead there,
// requests that lws itself does not take.
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kAWhileMs = 650, kLateMs = 1300 };

static enum { kShort, kLong, kLate, kLateAllowed, kEmpty, kWhole, kAfterBody } manner;
static int asked;

static int answer_now(struct lws *wsi) {
  static char many[400];
  switch (manner) {
    case kShort: return send_head(wsi, 100) || send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
    case kLong:
      memset(many, 'm', sizeof many - 1);
      return send_head(wsi, 6) || send_body(wsi, many, LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
    case kEmpty: return send_head(wsi, 100) ? -1 : complete(wsi);
    default: return answer(wsi) ? -1 : complete(wsi);
  }
}

static int callback_served(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      asked++;
      if (manner == kAfterBody) return 0;
      if (manner != kLate && manner != kLateAllowed) return answer_now(wsi);
      if (manner == kLateAllowed) lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
      lws_set_timer_usecs(wsi, kLateMs * LWS_US_PER_MS);
      break;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return answer_now(wsi);
    case LWS_CALLBACK_TIMER: return answer_now(wsi);
    default: break;
  }
  return 0;
}

// One request over a connection of its own; TEXT comes back. The connection is left open.
static int asks(struct lws_context *context, const char *request, const char *text) {
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  if (text) expect(context, fd, text);
  return fd;
}

static void leaves(struct lws_context *context, int fd) {
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Lengths ---

static void answered_as(int how, const char *request) {
  manner = how;
  struct lws_context *context = desk(callback_served, 20);
  const int fd = asks(context, request, "\r\n\r\n");
  serve_for(context, kAWhileMs);
  leaves(context, fd);
}

// The client waits for the rest, which never comes.
static void promises_too_much(void) { answered_as(kShort, TROUBLE_GET("/order")); }
static void promises_too_little(void) { answered_as(kLong, TROUBLE_GET("/order")); }
static void promises_and_sends_none(void) { answered_as(kEmpty, TROUBLE_GET("/order")); }
// A length that is right for the body that GET would bring.
static void head_has_no_body(void) { answered_as(kEmpty, "HEAD /order HTTP/1.1\r\nHost: app\r\n\r\n"); }

// --- Too late ---

static void answers_after_timeout(void) {
  manner = kLate;
  struct lws_context *context = desk(callback_served, 1);
  const int fd = asks(context, TROUBLE_GET("/order"), NULL);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void answers_late_without_timeout(void) {
  manner = kLateAllowed;
  struct lws_context *context = desk(callback_served, 1);
  leaves(context, asks(context, TROUBLE_GET("/order"), "hello\n"));
}

// --- The request ---

static void cut_for(const char *request) {
  manner = kWhole;
  struct lws_context *context = desk(callback_served, 1);
  const int fd = asks(context, request, NULL);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void unknown_method(void) { cut_for("BREW /order HTTP/1.1\r\nHost: app\r\n\r\n"); }
static void upgrade_without_key(void) {
  cut_for(
      "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: desk\r\n\r\n");
}
static void upgrade_to_something_else(void) {
  cut_for("GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: smoke-signals\r\nConnection: Upgrade\r\n\r\n");
}

// The rest of it is taken for the next request.
static void body_longer_than_said(void) {
  manner = kAfterBody;
  struct lws_context *context = desk(callback_served, 5);
  const int fd = asks(context, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nhello", "hello\n");
  say(fd, " and some ketchup, please\r\n\r\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

// lws does not take the chunks apart: the end of the body is never told.
static void body_in_chunks(void) {
  manner = kAfterBody;
  struct lws_context *context = desk(callback_served, 20);
  const int fd = asks(context, "POST /order HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n", NULL);
  serve_for(context, 50);
  say(fd, "5\r\nhello\r\n0\r\n\r\n");
  serve_for(context, kAWhileMs);
  leaves(context, fd);
}

// --- Mounts ---

static struct lws_context *mounted(const struct lws_http_mount *mount) {
  manner = kWhole;
  struct lws_context_creation_info info = desk_info(callback_served, 1);
  info.mounts = mount;
  return start(&info);
}

static void file_missing(void) {
  static const struct lws_http_mount files = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "/usr/share/doc", .origin_protocol = LWSMPRO_FILE};
  struct lws_context *context = mounted(&files);
  leaves(context, asks(context, TROUBLE_GET("/no-such-page.html"), "404"));
}

// Three requests in one segment, which lws takes for one and a half.
static void pipelined_to_files(void) {
  static const struct lws_http_mount files = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "/usr/share/common-licenses", .origin_protocol = LWSMPRO_FILE};
  struct lws_context *context = mounted(&files);
  const int fd = asks(context, TROUBLE_GET("/order") TROUBLE_GET("/bill") TROUBLE_GET("/tip"), NULL);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void folder_missing(void) {
  static const struct lws_http_mount files = {.mountpoint = "/",
                                              .mountpoint_len = 1,
                                              .origin = "/srv/no/such/folder",
                                              .def = "index.html",
                                              .origin_protocol = LWSMPRO_FILE};
  struct lws_context *context = mounted(&files);
  leaves(context, asks(context, TROUBLE_GET("/"), "404"));
}

static void protocol_of_mount_unknown(void) {
  static const struct lws_http_mount lost = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "kitchen", .origin_protocol = LWSMPRO_CALLBACK};
  struct lws_context *context = mounted(&lost);
  const int fd = asks(context, TROUBLE_GET("/order"), NULL);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void asks_for_password(void) {
  static char passwords[64];
  static struct lws_http_mount locked = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "desk", .origin_protocol = LWSMPRO_CALLBACK};
  snprintf(passwords, sizeof passwords, "/tmp/desk-passwords-%d", (int)getpid());
  FILE *file = fopen(passwords, "w");
  if (!file || fputs("alice:secret\n", file) < 0 || fclose(file)) give_up("no file");
  locked.basic_auth_login_file = passwords;
  struct lws_context *context = mounted(&locked);
  const int fd = asks(context, TROUBLE_GET("/order"), "401");
  unlink(passwords);
  leaves(context, fd);
}

// --- Tables ---

// Clients that have not finished their requests hold the few header tables that there are.
static void no_header_table_left(void) {
  manner = kWhole;
  struct lws_context_creation_info info = desk_info(callback_served, 20);
  info.max_http_header_pool = 2;
  struct lws_context *context = start(&info);
  for (int i = 0; i < 2; i++) asks(context, "GET /order HTTP/1.1\r\nHo", NULL);
  serve_for(context, 50);
  asks(context, TROUBLE_GET("/order"), NULL);
  serve_for(context, kAWhileMs);
  lws_context_destroy(context);
}

static void too_many_from_one_address(void) {
#ifdef LWS_WITH_PEER_LIMITS
  manner = kWhole;
  struct lws_context_creation_info info = desk_info(callback_served, 20);
  info.ip_limit_wsi = 3;
  struct lws_context *context = start(&info);
  for (int i = 0; i < 5; i++) asks(context, "GET /order HTTP/1.1\r\nHo", NULL);
  serve_for(context, 200);
  lws_context_destroy(context);
#endif
}

const struct corpus_case served_troubles[] = {
    {"promises_too_much", promises_too_much},
    {"promises_too_little", promises_too_little},
    {"promises_and_sends_none", promises_and_sends_none},
    {"head_has_no_body", head_has_no_body},
    {"answers_after_timeout", answers_after_timeout},
    {"answers_late_without_timeout", answers_late_without_timeout},
    {"unknown_method", unknown_method},
    {"upgrade_without_key", upgrade_without_key},
    {"upgrade_to_something_else", upgrade_to_something_else},
    {"body_longer_than_said", body_longer_than_said},
    {"body_in_chunks", body_in_chunks},
    {"file_missing", file_missing},
    {"folder_missing", folder_missing},
    {"pipelined_to_files", pipelined_to_files},
    {"protocol_of_mount_unknown", protocol_of_mount_unknown},
    {"asks_for_password", asks_for_password},
    {"no_header_table_left", no_header_table_left},
    {"too_many_from_one_address", too_many_from_one_address},
    {0},
};
