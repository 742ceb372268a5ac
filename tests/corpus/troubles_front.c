// SPDX-License-Identifier: MIT
//
// What a server says to those who come to it: responses whose end nobody can find, results that are thrown away, upgrades that lose
// their headers on the way or that name no protocol, mounts that have no path or that this lws cannot serve.
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "troubles.h"

static enum {
  kAnswers,
  kEndless,
  kEndlessAndEnds,
  kIgnoresResult,
  kSendsUnknownType,
  kMissingPage,
  kEndsOnPiece,
  kEndsOnMessage
} manner;
static int established, received, ended, handled;
static char file[64];

// A head with status 200 and a type, and nothing that says where the body ends.
static int endless_head(struct lws *wsi) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins, *limit = head + sizeof head;
  if (lws_add_http_header_status(wsi, HTTP_STATUS_OK, &ends, limit) ||
      lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, (const unsigned char *)"text/plain", 10, &ends,
                                   limit) ||
      lws_finalize_http_header(wsi, &ends, limit))
    return -1;
  return lws_write(wsi, begins, (size_t)(ends - begins), LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

static int answer_without_end(struct lws *wsi) {
  if (endless_head(wsi) || send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL)) return -1;
  if (manner == kEndlessAndEnds) return -1;
  return complete(wsi);
}

static int handle(struct lws *wsi) {
  handled++;
  switch (manner) {
    case kEndless:
    case kEndlessAndEnds: return answer_without_end(wsi);
    case kIgnoresResult:
      if (answer(wsi)) return -1;
      if (lws_http_transaction_completed(wsi)) return 0;  // which says: end the connection
      return 0;
    case kSendsUnknownType: return lws_serve_http_file(wsi, file, lws_get_mimetype(file, NULL), NULL, 0) < 0 ? -1 : 0;
    case kMissingPage: return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : complete(wsi);
    default: return answer(wsi) ? -1 : complete(wsi);
  }
}

static int callback_front(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return handle(wsi);
    case LWS_CALLBACK_ESTABLISHED: established++; break;
    case LWS_CALLBACK_RECEIVE:
      received++;
      if (manner == kEndsOnPiece && !lws_is_final_fragment(wsi)) return -1;  // "this is no whole message"
      if (manner == kEndsOnMessage) return -1;
      break;
    case LWS_CALLBACK_CLOSED: ended++; break;
    default: break;
  }
  return 0;
}

static void asks_of(struct lws_context *context, const char *request, int ms) {
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  serve_and_read(context, fd, ms);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void asks(int how, const char *request, int ms) {
  manner = how;
  asks_of(desk(callback_front, 20), request, ms);
}

// --- Responses and their ends ---

static void response_without_end(void) { asks(kEndless, TROUBLE_GET("/order"), 1300); }
static void response_ends_with_connection(void) { asks(kEndlessAndEnds, TROUBLE_GET("/order"), 300); }
static void result_of_completed_ignored(void) {
  asks(kIgnoresResult, "GET /order HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n", 1300);
}
static void result_of_completed_zero(void) { asks(kIgnoresResult, TROUBLE_GET("/order"), 300); }
// --- Upgrades ---

// What a reverse proxy passes on that knows nothing of upgrades: its own Connection header, and no Upgrade.
static void upgrade_lost_in_proxy(void) {
  manner = kMissingPage;
  struct lws_context *context = desk(callback_front, 20);
  for (int i = 0; i < 3; i++) {
    const int fd = dial(port_of(context, "app"));
    say(fd,
        "GET /ws HTTP/1.0\r\nHost: app\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: desk\r\n\r\n");
    expect_end(context, fd);
  }
  lws_context_destroy(context);
}

// What another passes on: Upgrade, and its own Connection.
static void half_an_upgrade_from_proxy(void) {
  struct lws_context *context = desk(callback_front, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd,
      "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: desk\r\n\r\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

// A page for those who come without: no half of an upgrade.
static void page_beside_websocket(void) {
  asks(kAnswers, "GET /ws HTTP/1.0\r\nHost: app\r\nConnection: close\r\n\r\n", 100);
}

static void say_upgrade(int fd, const char *headers) {
  char request[512];
  snprintf(request, sizeof request,
           "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
           headers);
  say(fd, request);
}

// The session is one of protocols[0], which has nothing to say in it.
static void no_subprotocol_asked(void) {
  struct lws_context *context = desk(callback_front, 20);
  const int fd = dial(port_of(context, "app"));
  say_upgrade(fd, "Sec-WebSocket-Version: 13\r\n");
  expect(context, fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  say_frame(fd, "two pounds of flour");
  serve_for(context, 600);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void no_subprotocol_of_own_first(void) {
  static const struct lws_protocols protocols[] = {{.name = "desk", .callback = callback_front}, {0}};
  struct lws_context_creation_info info = desk_info(callback_front, 20);
  info.protocols = protocols;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say_upgrade(fd, "Sec-WebSocket-Version: 13\r\n");
  expect(context, fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  say_frame(fd, "two pounds of flour");
  serve_until(context, &received, 1);
  say_bytes(fd, "\x88\x82\0\0\0\0\x03\xe8", 8);  // 1000
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Messages ---

static void sends_message_of(int how, size_t bytes) {
  static unsigned char frame[8 + 20000];
  manner = how;
  struct lws_context *context = desk(callback_front, 20);
  const int fd = enter(context);
  frame[0] = 0x82;
  frame[1] = 0x80 | 126;
  frame[2] = (unsigned char)(bytes >> 8);
  frame[3] = (unsigned char)bytes;
  say_bytes(fd, frame, 8 + bytes);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void piece_taken_for_message(void) { sends_message_of(kEndsOnPiece, 20000); }
static void message_is_refused(void) { sends_message_of(kEndsOnMessage, 200); }

// --- Mounts ---

static struct lws_context *mounted(const struct lws_http_mount *mount) {
  struct lws_context_creation_info info = desk_info(callback_front, 20);
  info.mounts = mount;
  return start(&info);
}

static void mount_length_wrong(void) {
  static const struct lws_http_mount desk_at_orders = {
      .mountpoint = "/orders", .mountpoint_len = 6, .origin = "desk", .origin_protocol = LWSMPRO_CALLBACK};
  asks_of(mounted(&desk_at_orders), TROUBLE_GET("/orders"), 300);
}

static void mount_length_right(void) {
  static const struct lws_http_mount desk_at_orders = {
      .mountpoint = "/orders", .mountpoint_len = 7, .origin = "desk", .origin_protocol = LWSMPRO_CALLBACK};
  asks_of(mounted(&desk_at_orders), TROUBLE_GET("/orders"), 300);
}

static void mount_for_proxy(void) {
  static const struct lws_http_mount proxy = {
      .mountpoint = "/shop", .mountpoint_len = 5, .origin = "127.0.0.1:9/", .origin_protocol = LWSMPRO_HTTP};
  asks_of(mounted(&proxy), TROUBLE_GET("/shop/order"), 300);
}

static void mount_for_cgi(void) {
  static const struct lws_http_mount cgi = {
      .mountpoint = "/cgi", .mountpoint_len = 4, .origin = "/bin/true", .origin_protocol = LWSMPRO_CGI};
  asks_of(mounted(&cgi), TROUBLE_GET("/cgi/order"), 300);
}

// A folder of this program's own, with a file of a type that lws does not know.
static void file_of_unknown_type(void) {
  static char folder[48];
  static struct lws_http_mount files = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = folder, .origin_protocol = LWSMPRO_FILE};
  snprintf(folder, sizeof folder, "/tmp/desk-files-%d", (int)getpid());
  snprintf(file, sizeof file, "%s/menu.today", folder);
  mkdir(folder, 0700);
  FILE *made = fopen(file, "we");
  if (!made || fputs("soup\n", made) < 0 || fclose(made)) give_up("no file");
  asks_of(mounted(&files), TROUBLE_GET("/menu.today"), 300);
  unlink(file);
  rmdir(folder);
}

static void password_file_missing(void) {
  static const struct lws_http_mount closed = {.mountpoint = "/",
                                               .mountpoint_len = 1,
                                               .origin = "desk",
                                               .origin_protocol = LWSMPRO_CALLBACK,
                                               .basic_auth_login_file = "/nowhere/passwords"};
  asks_of(mounted(&closed), "GET /order HTTP/1.1\r\nHost: app\r\nAuthorization: Basic bWU6c2VjcmV0\r\n\r\n", 300);
}

const struct corpus_case front_troubles[] = {
    {"response_without_end", response_without_end},
    {"response_ends_with_connection", response_ends_with_connection},
    {"result_of_completed_ignored", result_of_completed_ignored},
    {"result_of_completed_zero", result_of_completed_zero},
    {"upgrade_lost_in_proxy", upgrade_lost_in_proxy},
    {"half_an_upgrade_from_proxy", half_an_upgrade_from_proxy},
    {"page_beside_websocket", page_beside_websocket},
    {"no_subprotocol_asked", no_subprotocol_asked},
    {"no_subprotocol_of_own_first", no_subprotocol_of_own_first},
    {"piece_taken_for_message", piece_taken_for_message},
    {"message_is_refused", message_is_refused},
    {"mount_length_wrong", mount_length_wrong},
    {"mount_length_right", mount_length_right},
    {"mount_for_proxy", mount_for_proxy},
    {"mount_for_cgi", mount_for_cgi},
    {"file_of_unknown_type", file_of_unknown_type},
    {"password_file_missing", password_file_missing},
    {0},
};
