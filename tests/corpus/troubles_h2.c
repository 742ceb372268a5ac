// SPDX-License-Identifier: MIT
//
// HTTP/2: what goes wrong with a stream, and what goes wrong with the connection that carries it (RFC 9113; frames by hand).
#include "troubles.h"

enum { kStreams = 3, kLimit = 4 };

static int handled, lazy;

static int callback_h2(DESK_ARGUMENTS) {
  (void)in;
  (void)len;
  struct desk *of = user;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      handled++;
      of->step = 0;
      if (lazy) return 0;
      if (send_head(wsi, 6)) return -1;
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
      if (lazy || of->step++) return 0;
      return send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
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

static struct lws_context *start_h2(unsigned int streams, unsigned int seconds) {
  const uint32_t settings[7] = {0, 4096, 0, streams, 65535, 16384, 4096};
  struct lws_context_creation_info info = desk_info(callback_h2, seconds);
  info.options |= LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE;
  if (streams) {
    memcpy(info.http2_settings, settings, sizeof settings);
    info.http2_settings[0] = 1;
  }
  return start(&info);
}

static int enter(struct lws_context *context) {
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
    put_request(fd, 1 + 2 * (unsigned int)i);
    serve_for(context, 25);
  }
}

static void too_many_streams(void) {
  lazy = 1;
  struct lws_context *context = start_h2(kLimit, 20);
  const int fd = enter(context);
  for (int i = 0; i < kLimit + 1; i++) {
    put_request(fd, 1 + 2 * (unsigned int)i);
    if (i < kLimit) serve_until(context, &handled, i + 1);
  }
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void as_many_streams_as_allowed(void) {
  struct lws_context *context = start_h2(kLimit, 20);
  const int fd = enter(context);
  open_streams(context, fd, kLimit);
  open_streams(context, fd, 0);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void streams_reset_by_client(void) {
  lazy = 1;
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter(context);
  open_streams(context, fd, kStreams);
  for (int i = 0; i < kStreams; i++) say_h2(fd, kReset, 0, 1 + 2 * (unsigned int)i, "\0\0\0\x08", 4);  // CANCEL
  serve_for(context, 50);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void client_leaves_streams(void) {
  lazy = 1;
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter(context);
  open_streams(context, fd, kStreams);
  hang_up(context, fd);
  serve_for(context, 50);
  lws_context_destroy(context);
}

static void client_leaves_after_streams(void) {
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter(context);
  open_streams(context, fd, kStreams);
  say_h2(fd, kGoaway, 0, 0, "\0\0\0\0\0\0\0\0", 8);
  serve_for(context, 15);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void streams_owed_at_exit(void) {
  lazy = 1;
  struct lws_context *context = start_h2(0, 20);
  open_streams(context, enter(context), kStreams);
  serve_for(context, 650);
}

// One after the other, and none is ever answered: only their number grows.
static void streams_pile_up(void) {
  lazy = 1;
  struct lws_context *context = start_h2(100, 20);
  open_streams(context, enter(context), 29);
  serve_for(context, 650);
}

// A SETTINGS frame of five bytes: lws has to end the connection.
static void frame_of_wrong_size(void) {
  struct lws_context *context = start_h2(0, 20);
  const int fd = enter(context);
  open_streams(context, fd, 1);
  say_h2(fd, kSettings, 0, 0, "\0\3\0\0\0", 5);
  expect_end(context, fd);
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
    {0},
};
