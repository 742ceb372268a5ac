// SPDX-License-Identifier: MIT
//
// Servers as their users report them: heads that find no room, files that are completed before they are sent or that are not there,
// bodies that are not let in, descriptors above lws's table; and responses that end as they may without a length.
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kFileBytes = 5000000, kBelow = 64 };

static enum { kAnswers, kToTheEnd, kInChunks, kSaysClose, kSendsFile, kCompletesEarly, kNoRoom, kStopsReading } manner;
static char file[64];

// A head with status 200 that says what NAME and VALUE say, and no length.
static int plain_head(struct lws *wsi, enum lws_token_indexes token, const char *value, size_t room) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins, *limit = begins + room;
  if (lws_add_http_header_status(wsi, HTTP_STATUS_OK, &ends, limit) ||
      lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, (const unsigned char *)"text/plain", 10, &ends,
                                   limit))
    return -1;
  if (value && lws_add_http_header_by_token(wsi, token, (const unsigned char *)value, (int)strlen(value), &ends, limit))
    return -1;
  if (lws_finalize_http_header(wsi, &ends, limit)) return -1;
  return lws_write(wsi, begins, (size_t)(ends - begins), LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

static int answer_with(struct lws *wsi, enum lws_token_indexes token, const char *value, const char *body) {
  if (plain_head(wsi, token, value, 500) || send_body(wsi, body, LWS_WRITE_HTTP_FINAL)) return -1;
  return complete(wsi);
}

static int send_file(struct lws *wsi) {
  const int sent = lws_serve_http_file(wsi, file, "application/octet-stream", NULL, 0);
  if (sent < 0) return -1;
  return sent > 0 || manner == kCompletesEarly ? complete(wsi) : 0;
}

static int handle(struct lws *wsi) {
  switch (manner) {
    case kToTheEnd: return send_head(wsi, -1) || send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
    case kInChunks: return answer_with(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING, "chunked", "6\r\nhello\n\r\n0\r\n\r\n");
    case kSaysClose: answer_with(wsi, WSI_TOKEN_CONNECTION, "close", "hello\n"); return -1;
    case kSendsFile:
    case kCompletesEarly: return send_file(wsi);
    case kNoRoom: return plain_head(wsi, WSI_TOKEN_HTTP_SERVER, NULL, 24);
    case kStopsReading: return lws_rx_flow_control(wsi, 0) < 0 ? -1 : 0;
    default: return answer(wsi) ? -1 : complete(wsi);
  }
}

static int callback_field(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return handle(wsi);
    case LWS_CALLBACK_HTTP_FILE_COMPLETION: return complete(wsi);
    default: break;
  }
  return 0;
}

static void asks(int how, const char *request, unsigned int seconds, int ms) {
  manner = how;
  struct lws_context *context = desk(callback_field, seconds);
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  serve_and_read(context, fd, ms);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Responses and their ends ---

static void response_to_the_end(void) { asks(kToTheEnd, TROUBLE_GET("/order"), 20, 700); }
static void response_in_chunks(void) { asks(kInChunks, TROUBLE_GET("/order"), 20, 700); }
static void response_says_close(void) { asks(kSaysClose, TROUBLE_GET("/order"), 20, 700); }
static void head_has_no_room(void) { asks(kNoRoom, TROUBLE_GET("/order"), 20, 200); }
static void body_is_not_let_in(void) {
  manner = kStopsReading;
  struct lws_context *context = desk(callback_field, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\n");
  serve_for(context, 50);
  say(fd, "0123456789");
  serve_for(context, 1500);
  lws_context_destroy(context);
}

// --- Files that a handler sends ---

static void sends_file(int how, const char *name, int bytes) {
  snprintf(file, sizeof file, "%s", name);
  if (bytes > 0) {
    snprintf(file, sizeof file, "/tmp/desk-%d.bin", (int)getpid());
    FILE *made = fopen(file, "we");
    for (int i = 0; made && i < bytes; i++) fputc('m', made);
    if (!made || fclose(made)) give_up("no file");
  }
  asks(how, TROUBLE_GET("/order"), 20, 700);
  if (bytes > 0) unlink(file);
}

static void file_completed_early(void) { sends_file(kCompletesEarly, "", kFileBytes); }
static void file_completed(void) { sends_file(kSendsFile, "", kFileBytes); }
static void file_not_there(void) { sends_file(kSendsFile, "menu/today.html", 0); }

static void options_unanswered(void) {
  static const struct lws_http_mount files = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "/usr/share/doc", .origin_protocol = LWSMPRO_FILE};
  struct lws_context_creation_info info = desk_info(callback_field, 20);
  info.mounts = &files;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd,
      "OPTIONS /order HTTP/1.1\r\nHost: app\r\nOrigin: http://shop.example\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  serve_and_read(context, fd, 200);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- What keeps clients out ---

// lws's table is as large as the limit was when the context was made.
static void descriptor_too_high(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = kBelow;
  setrlimit(RLIMIT_NOFILE, &limit);
  struct lws_context *context = desk(callback_field, 20);
  limit.rlim_cur = 4 * kBelow;
  setrlimit(RLIMIT_NOFILE, &limit);
  const int port = port_of(context, "app");
  for (int i = 0; i < kBelow; i++)
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) give_up("no descriptors");
  for (int i = 0; i < 3; i++) {
    const int fd = dial(port);
    say(fd, TROUBLE_GET("/order"));
    expect_end(context, fd);
  }
  lws_context_destroy(context);
}

const struct corpus_case field_troubles[] = {
    {"response_to_the_end", response_to_the_end},
    {"response_in_chunks", response_in_chunks},
    {"response_says_close", response_says_close},
    {"head_has_no_room", head_has_no_room},
    {"file_completed_early", file_completed_early},
    {"file_completed", file_completed},
    {"file_not_there", file_not_there},
    {"options_unanswered", options_unanswered},
    {"descriptor_too_high", descriptor_too_high},
    {"body_is_not_let_in", body_is_not_let_in},
    {0},
};
