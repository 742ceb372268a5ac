// SPDX-License-Identifier: MIT
//
// HTTP/2 servers: each request is a connection (wsi) of its own, carried by the one that the client opened. Frames are written by
// hand (RFC 9113), the client knows beforehand that the server speaks h2 (LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE).
#include "corpus.h"

enum { kAWhileMs = 100 };

static size_t put_literal(unsigned char *p, const char *name, const char *value) {  // not indexed, not coded
  const size_t name_bytes = strlen(name), value_bytes = strlen(value);
  *p++ = 0;
  *p++ = (unsigned char)name_bytes;
  memcpy(p, name, name_bytes);
  p[name_bytes] = (unsigned char)value_bytes;
  memcpy(p + name_bytes + 1, value, value_bytes);
  return 3 + name_bytes + value_bytes;
}

static void ask(int fd, unsigned int stream, const char *method, const char *path, int flags) {
  unsigned char block[512];
  size_t bytes = put_literal(block, ":method", method);
  bytes += put_literal(block + bytes, ":path", path);
  bytes += put_literal(block + bytes, ":scheme", "http");
  bytes += put_literal(block + bytes, ":authority", "app");
  if (!(flags & kEndStream)) bytes += put_literal(block + bytes, "content-length", "5");
  say_h2(fd, kHeaders, flags | kEndHeaders, stream, block, bytes);
}

static void request(int fd, unsigned int stream) { ask(fd, stream, "GET", "/", kEndStream); }

static int enter(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_h2(fd, kSettings, 0, 0, "\0\4\x7f\xff\0\0", 6);  // windows without end
  say_h2(fd, kWindowUpdate, 0, 0, "\x7f\xff\0\0", 4);
  serve_for(context, 10);
  say_h2(fd, kSettings, 1, 0, "", 0);
  return fd;
}

static struct lws_context *start_h2(const struct handlers *handlers) {
  static struct lws_protocols protocols[3] = {PROTOCOL_HTTP};
  protocols[1] = (struct lws_protocols)PROTOCOL_DYN(*handlers);
  struct lws_context_creation_info info = app_info(protocols);
  info.options |= LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE;
  info.timeout_secs = 1;
  info.keepalive_timeout = 1;
  return start(&info);
}

// --- Faults ---

static int only_head(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return send_head(wsi, 6);
}

static int ask_to_write(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_callback_on_writable(wsi);
  return 0;
}

// All of it, and no lws_http_transaction_completed(): the stream stays.
static int body_forgets(struct lws *wsi, struct exchange *exchange) {
  return exchange->written++ ? 0 : send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL);
}

static int head_and_ask(struct lws *wsi, struct exchange *exchange) {
  return only_head(wsi, exchange) || ask_to_write(wsi, exchange);
}

static void one_stream(const struct handlers handlers, const char *method, const char *answered) {
  struct lws_context *context = start_h2(&handlers);
  const int fd = enter(context);
  if (!strcmp(method, "POST")) {
    ask(fd, 1, method, "/", 0);
    say_h2(fd, kData, kEndStream, 1, "abcde", 5);
  } else {
    request(fd, 1);
  }
  if (answered) expect(context, fd, answered);
  serve_for(context, kAWhileMs);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void stream_forgotten(void) {
  one_stream((struct handlers){.http = head_and_ask, .writeable = body_forgets}, "GET", "hello\n");
}

static void stream_body_forgotten(void) {
  one_stream((struct handlers){.body_completion = head_and_ask, .writeable = body_forgets}, "POST", "hello\n");
}

static void streams_forgotten(void) {
  struct handlers handlers = {.http = head_and_ask, .writeable = body_forgets};
  struct lws_context *context = start_h2(&handlers);
  const int fd = enter(context);
  for (unsigned int stream = 1; stream < 6; stream += 2) {
    request(fd, stream);
    expect(context, fd, "hello\n");
  }
  serve_for(context, kAWhileMs);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// lws's timeout ends it: the client waits and does not leave.
static void stream_never_answered(void) {
  struct handlers handlers = {0};
  struct lws_context *context = start_h2(&handlers);
  const int fd = enter(context);
  request(fd, 1);
  serve_for(context, 2300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void stream_forgotten_until_timeout(void) {
  struct handlers handlers = {.http = head_and_ask, .writeable = body_forgets};
  struct lws_context *context = start_h2(&handlers);
  const int fd = enter(context);
  request(fd, 1);
  expect(context, fd, "hello\n");
  serve_for(context, 2300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Clean ---

static int body_and_complete(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
}

static const struct handlers careful_stream = {
    .http = head_and_ask, .body_completion = head_and_ask, .writeable = body_and_complete};

static void stream_completed(void) { one_stream(careful_stream, "GET", "hello\n"); }
static void stream_body_completed(void) {
  one_stream((struct handlers){.body_completion = head_and_ask, .writeable = body_and_complete}, "POST", "hello\n");
}

static void streams_completed(void) {
  struct lws_context *context = start_h2(&careful_stream);
  const int fd = enter(context);
  for (unsigned int stream = 1; stream < 24; stream += 2) {
    request(fd, stream);
    expect(context, fd, "hello\n");
  }
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void streams_at_the_same_time(void) {
  struct lws_context *context = start_h2(&careful_stream);
  const int fd = enter(context);
  for (unsigned int stream = 1; stream < 14; stream += 2) request(fd, stream);
  serve_for(context, kAWhileMs);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void idle_at_destroy(void) {
  struct lws_context *context = start_h2(&careful_stream);
  const int fd = enter(context);
  request(fd, 1);
  expect(context, fd, "hello\n");
  lws_context_destroy(context);
}

static void idle_until_timeout(void) {
  struct lws_context *context = start_h2(&careful_stream);
  const int fd = enter(context);
  request(fd, 1);
  expect(context, fd, "hello\n");
  serve_for(context, 1300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static int much_later(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_set_timer_usecs(wsi, 300 * LWS_US_PER_MS);
  return 0;
}

static const struct handlers slow = {.http = much_later, .timer = head_and_ask, .writeable = body_and_complete};

static void stream_slow(void) { one_stream(slow, "GET", "hello\n"); }
static void stream_left(void) { one_stream(slow, "GET", NULL); }

static void stream_at_destroy(void) {
  struct lws_context *context = start_h2(&slow);
  const int fd = enter(context);
  request(fd, 1);
  serve_for(context, kAWhileMs);
  lws_context_destroy(context);
}

static void stream_reset(void) {
  struct lws_context *context = start_h2(&slow);
  const int fd = enter(context);
  request(fd, 1);
  serve_for(context, 20);
  say_h2(fd, kReset, 0, 1, "\0\0\0\x08", 4);  // CANCEL
  serve_for(context, kAWhileMs);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void says_goodbye(void) {
  struct lws_context *context = start_h2(&careful_stream);
  const int fd = enter(context);
  request(fd, 1);
  expect(context, fd, "hello\n");
  say_h2(fd, kGoaway, 0, 0, "\0\0\0\0\0\0\0\0", 8);
  serve_for(context, 20);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void body_stalls(void) {
  struct lws_context *context = start_h2(&careful_stream);
  const int fd = enter(context);
  ask(fd, 1, "POST", "/", 0);
  say_h2(fd, kData, 0, 1, "abc", 3);  // and no more
  serve_for(context, 1300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void no_stream(void) {
  struct lws_context *context = start_h2(&careful_stream);
  hang_up(context, enter(context));
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"stream_forgotten", stream_forgotten},
    {"stream_body_forgotten", stream_body_forgotten},
    {"streams_forgotten", streams_forgotten},
    {"stream_never_answered", stream_never_answered},
    {"stream_forgotten_until_timeout", stream_forgotten_until_timeout},
    {"stream_completed", stream_completed},
    {"stream_body_completed", stream_body_completed},
    {"streams_completed", streams_completed},
    {"streams_at_the_same_time", streams_at_the_same_time},
    {"idle_at_destroy", idle_at_destroy},
    {"idle_until_timeout", idle_until_timeout},
    {"stream_slow", stream_slow},
    {"stream_left", stream_left},
    {"stream_at_destroy", stream_at_destroy},
    {"stream_reset", stream_reset},
    {"says_goodbye", says_goodbye},
    {"body_stalls", body_stalls},
    {"no_stream", no_stream},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
