// SPDX-License-Identifier: MIT
//
// HTTP/1 handlers that forget to end what they began. What lws asks of one: lws_http_transaction_completed() after the last byte
// of a response, on every path. Without it the connection serves no further request, and lws keeps the session and the
// header table until a timeout or the client ends the connection.
#include "corpus.h"

#define GET "GET / HTTP/1.1\r\nHost: app\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nabcde"

// --- Faults ---

static void forgets_client_leaves(void) {
  play((struct handlers){.http = forgets}, GET, "hello\n", kClientLeavesLater);
}
static void forgets_until_timeout(void) { play((struct handlers){.http = forgets}, GET, "hello\n", kServerCloses); }
static void forgets_until_destroy(void) { play((struct handlers){.http = forgets}, GET, "hello\n", kContextEndsLater); }

static int forgets_the_second(struct lws *wsi, struct exchange *exchange) {
  return strstr(exchange->path, "second") ? answer(wsi) : answer_and_complete(wsi, exchange);
}

static void forgets_on_another_path(void) {
  const struct handlers handlers = {.http = forgets_the_second};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/first");
  get(context, fd, "/second");
  finish(context, fd, kClientLeavesLater);
}

static void forgets_for_each_client(void) {
  const struct handlers handlers = {.http = forgets};
  struct lws_context *context = start_dyn(&handlers);
  for (int i = 0; i < 7; i++) {
    const int fd = dial(port_of(context, "app"));
    get(context, fd, "/");
    serve_for(context, 60);
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

static void forgets_in_first_protocol(void) {
  struct handlers handlers = {.http = forgets};
  const struct lws_protocols protocols[] = {PROTOCOL_DYN(handlers), {0}};
  struct lws_context *context = start_app(protocols);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/");
  finish(context, fd, kClientLeavesLater);
}

static void forgets_after_body(void) {
  play((struct handlers){.body_completion = forgets}, POST, "hello\n", kClientLeavesLater);
}

// The error path: lws_return_http_status() sends a response, and does not say that it is complete.
static int forgets_after_error(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : 0;
}

static void forgets_on_error_path(void) {
  play((struct handlers){.http = forgets_after_error}, GET, " 404 ", kClientLeavesLater);
}

static void forgets_on_error_until_timeout(void) {
  play((struct handlers){.http = forgets_after_error}, GET, " 404 ", kServerCloses);
}

static int later(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_set_timer_usecs(wsi, 100 * LWS_US_PER_MS);
  return 0;
}

static void forgets_after_timer(void) {
  play((struct handlers){.http = later, .timer = forgets}, GET, "hello\n", kClientLeavesLater);
}

static int head_first(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_callback_on_writable(wsi);
  return send_head(wsi, 12);
}

static int forgets_after_last_part(struct lws *wsi, struct exchange *exchange) {
  if (exchange->written == 2) return 0;
  lws_callback_on_writable(wsi);
  return send_body(wsi, "hello\n", ++exchange->written == 2 ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
}

static void forgets_after_parts(void) {
  play((struct handlers){.http = head_first, .writeable = forgets_after_last_part}, GET, "hello\nhello\n",
       kClientLeavesLater);
}

static int forgets_last_chunk(struct lws *wsi, struct exchange *exchange) {
  static const char text[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n";
  (void)exchange;
  return send_body(wsi, text, LWS_WRITE_HTTP);  // nor completed: the head is written by hand, too
}

static void forgets_when_chunked(void) {
  play((struct handlers){.http = forgets_last_chunk}, GET, "0\r\n\r\n", kServerCloses);
}

static int forgets_redirect(struct lws *wsi, struct exchange *exchange) {
  unsigned char buffer[LWS_PRE + 512], *p = buffer + LWS_PRE;
  (void)exchange;
  return lws_http_redirect(wsi, HTTP_STATUS_FOUND, (const unsigned char *)"/new", 4, &p, buffer + sizeof buffer) < 0;
}

static void forgets_after_redirect(void) {
  play((struct handlers){.http = forgets_redirect}, GET, " 302 ", kServerCloses);
}

static int only_head(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return send_head(wsi, 6);
}

static void forgets_for_head(void) {
  play((struct handlers){.http = only_head}, "HEAD / HTTP/1.1\r\nHost: app\r\n\r\n", "\r\n\r\n", kServerCloses);
}

static void forgets_in_http10(void) {
  play((struct handlers){.http = forgets}, "GET / HTTP/1.0\r\n\r\n", "hello\n", kServerCloses);
}

static void never_answers(void) { play((struct handlers){0}, GET, NULL, kServerCloses); }

static const struct corpus_case cases[] = {
    {"forgets_client_leaves", forgets_client_leaves},
    {"forgets_until_timeout", forgets_until_timeout},
    {"forgets_until_destroy", forgets_until_destroy},
    {"forgets_on_another_path", forgets_on_another_path},
    {"forgets_for_each_client", forgets_for_each_client},
    {"forgets_in_first_protocol", forgets_in_first_protocol},
    {"forgets_after_body", forgets_after_body},
    {"forgets_on_error_path", forgets_on_error_path},
    {"forgets_on_error_until_timeout", forgets_on_error_until_timeout},
    {"forgets_after_timer", forgets_after_timer},
    {"forgets_after_parts", forgets_after_parts},
    {"forgets_when_chunked", forgets_when_chunked},
    {"forgets_after_redirect", forgets_after_redirect},
    {"forgets_for_head", forgets_for_head},
    {"forgets_in_http10", forgets_in_http10},
    {"never_answers", never_answers},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
