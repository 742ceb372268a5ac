// SPDX-License-Identifier: MIT
//
// HTTP/1 handlers that do what lws asks of them, and clients that do not wait for it: nothing here is the application's fault.
#include "corpus.h"

#define GET "GET / HTTP/1.1\r\nHost: app\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nabcde"

static void completes(void) { play((struct handlers){.http = answer_and_complete}, GET, "hello\n", kClientLeaves); }
static void completes_body(void) {
  play((struct handlers){.body_completion = answer_and_complete}, POST, "hello\n", kClientLeaves);
}
static void idle_at_destroy(void) {
  play((struct handlers){.http = answer_and_complete}, GET, "hello\n", kContextEnds);
}
static void idle_until_timeout(void) {
  play((struct handlers){.http = answer_and_complete}, GET, "hello\n", kServerCloses);
}

static void asked_to_close(void) {
  play((struct handlers){.http = answer_and_complete}, "GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n",
       "hello\n", kServerCloses);
}

static void http10(void) {
  play((struct handlers){.http = answer_and_complete}, "GET / HTTP/1.0\r\n\r\n", "hello\n", kServerCloses);
}

static int head_and_complete(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return send_head(wsi, 6) ? 1 : complete(wsi);
}

static void head_only(void) {
  play((struct handlers){.http = head_and_complete}, "HEAD / HTTP/1.1\r\nHost: app\r\n\r\n", "\r\n\r\n", kClientLeaves);
}

static int much_later(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_set_timer_usecs(wsi, 300 * LWS_US_PER_MS);
  return 0;
}

static void slow_handler(void) {
  play((struct handlers){.http = much_later, .timer = answer_and_complete}, GET, "hello\n", kClientLeaves);
}

// The client gives up before the handler has an answer: nobody forgot anything.
static void long_poll_aborted(void) {
  struct handlers handlers = {.http = much_later, .timer = answer_and_complete};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, GET);
  serve_for(context, 50);
  finish(context, fd, kClientLeaves);
}

static int very_much_later(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  lws_set_timer_usecs(wsi, 1300 * LWS_US_PER_MS);
  return 0;
}

// The handler works for long, and the client is gone before it is done.
static void long_work_aborted(void) {
  struct handlers handlers = {.http = very_much_later, .timer = answer_and_complete};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, GET);
  serve_for(context, 50);
  hang_up(context, fd);
  serve_for(context, 1400);
  lws_context_destroy(context);
}

static void long_poll_at_destroy(void) {
  struct handlers handlers = {.http = much_later, .timer = answer_and_complete};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, GET);
  serve_for(context, 50);
  finish(context, fd, kContextEnds);
}

static int begin_stream(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  if (send_head(wsi, -1)) return 1;
  lws_set_timer_usecs(wsi, 20 * LWS_US_PER_MS);
  return lws_http_mark_sse(wsi);  // no timeout, no end
}

static int next_event(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_set_timer_usecs(wsi, 20 * LWS_US_PER_MS);
  return send_body(wsi, "data: tick\n\n", LWS_WRITE_HTTP);
}

static int head_then_later(struct lws *wsi, struct exchange *exchange) {
  return send_head(wsi, 6) || much_later(wsi, exchange);
}

static int body_and_complete(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
}

// The head is out, the body is not there yet.
static void half_answered_left(void) {
  play((struct handlers){.http = head_then_later, .timer = body_and_complete}, GET, "\r\n\r\n", kClientLeavesLater);
}

static int answer_then_complete_later(struct lws *wsi, struct exchange *exchange) {
  if (exchange->written++) return complete(wsi);
  lws_callback_on_writable(wsi);
  return answer(wsi);
}

static int ask_to_write(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_callback_on_writable(wsi);
  return 0;
}

// Completed in the turn after the last byte, as many of lws's examples do.
static void completes_in_next_turn(void) {
  play((struct handlers){.http = ask_to_write, .writeable = answer_then_complete_later}, GET, "hello\n", kClientLeaves);
}

static void event_stream_left(void) {
  play((struct handlers){.http = begin_stream, .timer = next_event}, GET, "data: tick\n\n", kClientLeaves);
}

static void event_stream_at_destroy(void) {
  play((struct handlers){.http = begin_stream, .timer = next_event}, GET, "data: tick\n\n", kContextEnds);
}

static int refuses(struct lws *wsi, struct exchange *exchange) {
  (void)wsi;
  (void)exchange;
  return 1;
}

static void handler_refuses(void) { play((struct handlers){.http = refuses}, GET, NULL, kServerCloses); }

static int not_found(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : complete(wsi);
}

static void not_found_completed(void) { play((struct handlers){.http = not_found}, GET, " 404 ", kClientLeaves); }

static int status_and_close(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
  return -1;
}

static void forbidden_and_closed(void) { play((struct handlers){.http = status_and_close}, GET, NULL, kServerCloses); }

static int no_content(struct lws *wsi, struct exchange *exchange) {
  unsigned char buffer[LWS_PRE + 256], *head = buffer + LWS_PRE, *p = head, *end = buffer + sizeof buffer;
  (void)exchange;
  if (lws_add_http_header_status(wsi, HTTP_STATUS_NO_CONTENT, &p, end) ||
      lws_finalize_write_http_header(wsi, head, &p, end))
    return 1;
  return complete(wsi);
}

static void no_content_completed(void) {
  play((struct handlers){.http = no_content}, GET, " 204 ", kClientLeavesLater);
}

static int redirects(struct lws *wsi, struct exchange *exchange) {
  unsigned char buffer[LWS_PRE + 512], *p = buffer + LWS_PRE;
  (void)exchange;
  if (lws_http_redirect(wsi, HTTP_STATUS_FOUND, (const unsigned char *)"/new", 4, &p, buffer + sizeof buffer) < 0)
    return -1;
  return complete(wsi);
}

static void redirect_completed(void) { play((struct handlers){.http = redirects}, GET, " 302 ", kClientLeaves); }

#define HALF_A_BODY "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 500\r\n\r\nabc"

static void body_stalls(void) {
  play((struct handlers){.body_completion = answer_and_complete}, HALF_A_BODY, NULL, kServerCloses);
}

static void body_broken_off(void) {
  struct handlers handlers = {.body_completion = answer_and_complete};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, HALF_A_BODY);
  serve_for(context, 30);
  finish(context, fd, kClientLeaves);
}

// 16 MB: the client takes a part, and either leaves or stops reading.
static int next_part(struct lws *wsi, struct exchange *exchange) {
  static unsigned char buffer[LWS_PRE + 65536];
  if (exchange->written++ == 256) return complete(wsi);
  lws_callback_on_writable(wsi);
  return lws_write(wsi, buffer + LWS_PRE, 65536, exchange->written == 256 ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0;
}

static int begin_download(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_callback_on_writable(wsi);
  return send_head(wsi, 256 * 65536LL);
}

static void download_left(void) {
  play((struct handlers){.http = begin_download, .writeable = next_part}, GET, "\r\n\r\n", kClientLeaves);
}

static void download_stalls(void) {
  struct handlers handlers = {.http = begin_download, .writeable = next_part};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, GET);
  serve_for(context, 1300);  // lws's timeout closes it
  finish(context, fd, kClientLeaves);
}

// 4 MB in one write: lws keeps what the network does not take, and completes when that has gone, or never.
static int answer_large(struct lws *wsi, struct exchange *exchange) {
  static unsigned char buffer[LWS_PRE + (4 << 20)];
  (void)exchange;
  if (send_head(wsi, 4 << 20) || lws_write(wsi, buffer + LWS_PRE, 4 << 20, LWS_WRITE_HTTP_FINAL) < 0) return 1;
  return complete(wsi);
}

static void large_answer(enum ending ending, int stall_ms) {
  struct handlers handlers = {.http = answer_large};
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, GET);
  serve_for(context, stall_ms);
  finish(context, fd, ending);
}

static void large_answer_taken(void) { large_answer(kServerCloses, 10); }
static void large_answer_left(void) { large_answer(kClientLeaves, 100); }
static void large_answer_stalls(void) { large_answer(kClientLeaves, 1300); }
static void large_answer_at_destroy(void) { large_answer(kContextEnds, 100); }

static int kills(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
  return 0;
}

static void killed_by_application(void) { play((struct handlers){.http = kills}, GET, NULL, kServerCloses); }

static void nothing_said(void) { play((struct handlers){0}, "", NULL, kServerCloses); }
static void half_a_request(void) { play((struct handlers){0}, "GET / HT", NULL, kServerCloses); }
static void garbage(void) { play((struct handlers){0}, "\x16\x03\x01 what is this\r\n\r\n", NULL, kServerCloses); }

static void many_one_after_another(void) {
  struct handlers handlers = {.http = answer_and_complete};
  struct lws_context *context = start_dyn(&handlers);
  for (int i = 0; i < 53; i++) {  // pointers are used again and again
    const int fd = dial(port_of(context, "app"));
    get(context, fd, "/");
    if (i % 2) get(context, fd, "/");
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

static void exits_without_destroy(void) {
  struct handlers handlers = {.http = answer_and_complete};
  struct lws_context *context = start_dyn(&handlers);
  get(context, dial(port_of(context, "app")), "/");
}

static const struct corpus_case cases[] = {
    {"completes", completes},
    {"completes_body", completes_body},
    {"idle_at_destroy", idle_at_destroy},
    {"idle_until_timeout", idle_until_timeout},
    {"asked_to_close", asked_to_close},
    {"http10", http10},
    {"head_only", head_only},
    {"slow_handler", slow_handler},
    {"long_poll_aborted", long_poll_aborted},
    {"long_work_aborted", long_work_aborted},
    {"long_poll_at_destroy", long_poll_at_destroy},
    {"half_answered_left", half_answered_left},
    {"completes_in_next_turn", completes_in_next_turn},
    {"event_stream_left", event_stream_left},
    {"event_stream_at_destroy", event_stream_at_destroy},
    {"handler_refuses", handler_refuses},
    {"not_found_completed", not_found_completed},
    {"forbidden_and_closed", forbidden_and_closed},
    {"no_content_completed", no_content_completed},
    {"redirect_completed", redirect_completed},
    {"body_stalls", body_stalls},
    {"body_broken_off", body_broken_off},
    {"download_left", download_left},
    {"download_stalls", download_stalls},
    {"large_answer_taken", large_answer_taken},
    {"large_answer_left", large_answer_left},
    {"large_answer_stalls", large_answer_stalls},
    {"large_answer_at_destroy", large_answer_at_destroy},
    {"killed_by_application", killed_by_application},
    {"nothing_said", nothing_said},
    {"half_a_request", half_a_request},
    {"garbage", garbage},
    {"many_one_after_another", many_one_after_another},
    {"exits_without_destroy", exits_without_destroy},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
