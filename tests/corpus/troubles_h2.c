// SPDX-License-Identifier: MIT
//
// HTTP/2: what goes wrong with a stream, and what goes wrong with the connection that carries it (RFC 9113; frames by hand).
#include <sys/socket.h>

#include "troubles.h"

enum { kStreams = 3, kLimit = 4, kManyBytes = 200000, kLargeBytes = 20000, kPieceBytes = 8192 };

static int handled, answered, lazy, completed;
static int asked_bytes;  // of the response; 0: "hello"

// As much as is allowed, up to a piece; a large response goes out at once, which is more than a frame may have.
static int send_piece(struct lws *wsi, struct desk *of) {
  static unsigned char buffer[LWS_PRE + kLargeBytes];
  const int left = asked_bytes - of->step, allowed = lws_get_peer_write_allowance(wsi);
  int piece = asked_bytes == kLargeBytes ? kLargeBytes : left < kPieceBytes ? left : kPieceBytes;
  if (piece > allowed) piece = allowed;
  if (piece <= 0) return 0;
  memset(buffer + LWS_PRE, 'm', (size_t)piece);
  const enum lws_write_protocol how = piece == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
  if (lws_write(wsi, buffer + LWS_PRE, (size_t)piece, how) < piece) return -1;
  of->step += piece;
  if (of->step < asked_bytes) return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
  completed++;
  return complete(wsi);
}

static int callback_h2(DESK_ARGUMENTS) {
  (void)in;
  (void)len;
  struct desk *of = user;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      handled++;
      of->step = 0;
      if (lazy) return 0;
      if (send_head(wsi, asked_bytes ? asked_bytes : 6)) return -1;
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
      if (asked_bytes) return send_piece(wsi, of);
      if (lazy || of->step++) return 0;
      if (send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL)) return -1;
      answered++;
      return complete(wsi);
    default: break;
  }
  return 0;
}

// ":method GET, :scheme http, :path /, :authority app" (RFC 7541: three of the static table, one literal).
static void put_request(int fd, unsigned int stream) {
  say_h2(fd, kHeaders, kEndStream | kEndHeaders, stream,
         "\x82\x86\x84\x41\x03"
         "app",
         8);
}

static struct lws_context_creation_info h2_info(unsigned int streams, unsigned int seconds) {
  const uint32_t settings[7] = {0, 4096, 0, streams, 65535, 16384, 4096};
  struct lws_context_creation_info info = desk_info(callback_h2, seconds);
  info.options |= LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE;
  if (streams) {
    memcpy(info.http2_settings, settings, sizeof settings);
    info.http2_settings[0] = 1;
  }
  return info;
}

static struct lws_context *start_h2(unsigned int streams, unsigned int seconds) {
  const struct lws_context_creation_info info = h2_info(streams, seconds);
  return start(&info);
}

static int enter_h2(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_h2(fd, kSettings, 0, 0, "", 0);
  serve_for(context, 15);
  say_h2(fd, kSettings, 1, 0, "", 0);
  serve_for(context, 15);
  return fd;
}

static void open_streams(struct lws_context *context, int fd, int count) {
  for (int i = 0; i < count; i++) {
    const int handled_before = handled, answered_before = answered;
    put_request(fd, 1 + 2 * (unsigned int)i);
    serve_for(context, 25);
    serve_until(context, &handled, handled_before + 1);
    if (!lazy) serve_until(context, &answered, answered_before + 1);
  }
}

static void too_many_streams(void) {
  lazy = 1;
  struct lws_context *context = start_h2(kLimit, 20);
  const int fd = enter_h2(context);
  for (int i = 0; i < kLimit + 1; i++) {
    put_request(fd, 1 + 2 * (unsigned int)i);
    if (i < kLimit) serve_until(context, &handled, i + 1);
  }
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void as_many_streams_as_allowed(void) {
  struct lws_context *context = start_h2(kLimit, 20);
  const int fd = enter_h2(context);
  open_streams(context, fd, kLimit);
  open_streams(context, fd, 0);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void streams_reset_by_client(void) {
  lazy = 1;
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter_h2(context);
  open_streams(context, fd, kStreams);
  for (int i = 0; i < kStreams; i++) say_h2(fd, kReset, 0, 1 + 2 * (unsigned int)i, "\0\0\0\x08", 4);  // CANCEL
  serve_for(context, 50);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void client_leaves_streams(void) {
  lazy = 1;
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter_h2(context);
  open_streams(context, fd, kStreams);
  hang_up(context, fd);
  serve_for(context, 50);
  lws_context_destroy(context);
}

static void client_leaves_after_streams(void) {
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter_h2(context);
  open_streams(context, fd, kStreams);
  say_h2(fd, kGoaway, 0, 0, "\0\0\0\0\0\0\0\0", 8);
  expect_end(context, fd);  // lws has read that and closes at once
  lws_context_destroy(context);
}

static void streams_owed_at_exit(void) {
  lazy = 1;
  struct lws_context *context = start_h2(0, 20);
  open_streams(context, enter_h2(context), kStreams);
  serve_for(context, 650);
}

// One after the other, and none is ever answered: only their number grows.
static void streams_pile_up(void) {
  lazy = 1;
  struct lws_context *context = start_h2(100, 20);
  open_streams(context, enter_h2(context), 29);
  serve_for(context, 650);
}

// A SETTINGS frame of five bytes: lws has to end the connection.
static void frame_of_wrong_size(void) {
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter_h2(context);
  open_streams(context, fd, 1);
  say_h2(fd, kSettings, 0, 0, "\0\3\0\0\0", 5);
  expect_end(context, fd);
  lws_context_destroy(context);
}

// What comes is read, and not looked at.
static void reads_for(struct lws_context *context, int fd, int ms) {
  static char some[65536];
  for (int i = 0; i < ms / 10; i++) {
    serve_for(context, 10);
    while (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0) continue;
  }
}

// The client never allows more than the first 65,535 bytes.
static void window_stays_full_with(unsigned int seconds, int ms) {
  asked_bytes = kManyBytes;
  struct lws_context *context = start_h2(0, seconds);
  const int fd = enter_h2(context);
  put_request(fd, 1);
  reads_for(context, fd, ms);
}
static void window_stays_full(void) { window_stays_full_with(20, 900); }
static void window_full_until_timeout(void) { window_stays_full_with(1, 2500); }

static void window_is_opened(void) {
  asked_bytes = kManyBytes;
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter_h2(context);
  put_request(fd, 1);
  reads_for(context, fd, 100);
  say_h2(fd, kWindowUpdate, 0, 0, "\0\x0f\0\0", 4);
  say_h2(fd, kWindowUpdate, 0, 1, "\0\x0f\0\0", 4);
  for (int i = 0; !completed && i < 1000; i++) reads_for(context, fd, 10);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// One lws_write() of 20,000 bytes: browsers end the connection with GOAWAY, FRAME_SIZE_ERROR.
static void frame_too_large_for_peer(void) {
  asked_bytes = kLargeBytes;
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter_h2(context);
  put_request(fd, 1);
  reads_for(context, fd, 100);
  say_h2(fd, kGoaway, 0, 0, "\0\0\0\0\0\0\0\6", 8);
  serve_for(context, 50);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// Each stream needs a header table.
static void header_tables_run_out(void) {
  lazy = 1;
  struct lws_context_creation_info info = h2_info(0, 20);
  info.max_http_header_pool = 2;
  struct lws_context *context = start(&info);
  const int fd = enter_h2(context);
  for (int i = 0; i < kLimit; i++) put_request(fd, 1 + 2 * (unsigned int)i);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void header_tables_suffice(void) {
  struct lws_context_creation_info info = h2_info(0, 20);
  info.max_http_header_pool = 8;
  struct lws_context *context = start(&info);
  const int fd = enter_h2(context);
  open_streams(context, fd, kLimit);
  hang_up(context, fd);
  lws_context_destroy(context);
}

const struct corpus_case h2_troubles[] = {
    {"too_many_streams", too_many_streams},
    {"as_many_streams_as_allowed", as_many_streams_as_allowed},
    {"streams_reset_by_client", streams_reset_by_client},
    {"client_leaves_streams", client_leaves_streams},
    {"client_leaves_after_streams", client_leaves_after_streams},
    {"streams_owed_at_exit", streams_owed_at_exit},
    {"streams_pile_up", streams_pile_up},
    {"frame_of_wrong_size", frame_of_wrong_size},
    {"window_stays_full", window_stays_full},
    {"window_full_until_timeout", window_full_until_timeout},
    {"window_is_opened", window_is_opened},
    {"frame_too_large_for_peer", frame_too_large_for_peer},
    {"header_tables_run_out", header_tables_run_out},
    {"header_tables_suffice", header_tables_suffice},
    {0},
};
