// SPDX-License-Identifier: MIT
//
// What ends the connections of servers, and what they leave behind: timeouts that the program or lws had set, bodies that are waited for,
// bodies that must not be, the other half of a proxy, callbacks that object, sockets that were read before.
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kProxied = 6, kBusyTurns = 60 };

static enum {
  kAnswers,
  kLimitAsOfLws,
  kLimitTakenBack,
  kKillsItself,
  kKillsOther,
  kConnectsOn,
  kConnectsOnAndEnds,
  kLimitOnRequest,
  kStreams,
  kStreamsUnlimited,
  kSlowly,
  kWaitsForBody,
  kContinues,
  kHeadHasBody,
  kNoContent
} manner;
static int established, ended, connected, onward_ended, onward_port;
static struct lws *first;

static int begin_stream(struct lws *wsi) {
  if (send_head(wsi, manner == kSlowly ? 1000 : -1)) return -1;
  if (manner == kStreamsUnlimited) lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  lws_set_timer_usecs(wsi, 100 * LWS_US_PER_MS);
  return 0;
}

static int go_on(struct lws *wsi) {
  lws_set_timer_usecs(wsi, 100 * LWS_US_PER_MS);
  return send_body(wsi, "data: ten\n", LWS_WRITE_HTTP);
}

static int continue_first(struct lws *wsi) {
  unsigned char line[LWS_PRE + 32];
  const int bytes = snprintf((char *)line + LWS_PRE, sizeof line - LWS_PRE, "HTTP/1.1 100 Continue\r\n\r\n");
  return lws_write(wsi, line + LWS_PRE, (size_t)bytes, LWS_WRITE_HTTP_HEADERS) == bytes ? 0 : -1;
}

static int no_content(struct lws *wsi) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_NO_CONTENT, "text/plain", 6, &ends, head + sizeof head) ||
      lws_finalize_write_http_header(wsi, begins, &ends, head + sizeof head))
    return -1;
  return send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL) ? -1 : complete(wsi);
}

static int handle(struct lws *wsi) {
  switch (manner) {
    case kLimitOnRequest: lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, 1); return 0;
    case kStreams:
    case kStreamsUnlimited:
    case kSlowly: return begin_stream(wsi);
    case kWaitsForBody: return 0;
    case kContinues: return continue_first(wsi);
    case kNoContent: return no_content(wsi);
    default: return answer(wsi) ? -1 : complete(wsi);
  }
}

static void on_established(struct lws *wsi, struct desk *of) {
  if (established++ == 0) first = wsi;
  if (manner == kLimitAsOfLws || manner == kLimitTakenBack) lws_set_timeout(wsi, PENDING_TIMEOUT_AWAITING_PING, 1);
  if (manner == kLimitTakenBack) lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  if (manner == kConnectsOn || manner == kConnectsOnAndEnds) of->wsi = ask(lws_get_context(wsi), "RAW", onward_port, 0);
}

static int callback_serving(DESK_ARGUMENTS) {
  struct desk *of = user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return handle(wsi);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_TIMER: return go_on(wsi);
    case LWS_CALLBACK_ESTABLISHED: on_established(wsi, of); break;
    case LWS_CALLBACK_RECEIVE:
      if (manner == kKillsItself) lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
      if (manner == kKillsOther && wsi != first) lws_set_timeout(first, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
      break;
    case LWS_CALLBACK_CLOSED:
      ended++;
      if (manner == kConnectsOnAndEnds) lws_set_timeout(of->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      break;
    case LWS_CALLBACK_RAW_CONNECTED: connected++; break;
    case LWS_CALLBACK_RAW_CLOSE: onward_ended++; break;
    default: break;
  }
  return 0;
}

static void say_goodbye(struct lws_context *context, int fd) {
  say_bytes(fd, "\x88\x82\0\0\0\0\x03\xe8", 8);  // 1000
  expect_end(context, fd);
}

// --- Timeouts of sessions ---

static void limit_as_of_lws(void) {
  manner = kLimitAsOfLws;
  struct lws_context *context = desk(callback_serving, 20);
  const int fd = enter(context);
  for (int turns = 0; turns < 4 * kBusyTurns && !ended; turns++) {
    say_frame(fd, "still here");
    serve_for(context, 20);
  }
  if (!ended) give_up("it was not cut");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void limit_taken_back(void) {
  manner = kLimitTakenBack;
  struct lws_context *context = desk(callback_serving, 20);
  const int fd = enter(context);
  for (int turns = 0; turns < kBusyTurns; turns++) {
    say_frame(fd, "still here");
    serve_for(context, 20);
  }
  say_goodbye(context, fd);
  lws_context_destroy(context);
}

static void kills_itself_at_once(void) {
  manner = kKillsItself;
  struct lws_context *context = desk(callback_serving, 20);
  const int fd = enter(context);
  say_frame(fd, "enough");
  serve_for(context, 300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void kills_another_at_once(void) {
  manner = kKillsOther;
  struct lws_context *context = desk(callback_serving, 20);
  const int fds[2] = {enter(context), enter(context)};
  say_frame(fds[1], "enough");
  expect_end(context, fds[0]);
  say_goodbye(context, fds[1]);
  lws_context_destroy(context);
}

// lws takes 1012 (service restart) for a mistake of the peer's, and tells 1002.
static void peer_restarts(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_serving, 20);
  const int fd = enter(context);
  say_bytes(fd, "\x88\x82\0\0\0\0\x03\xf4", 8);
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- A proxy: each session has a connection of its own to another server ---

static void proxies(int how) {
  manner = how;
  const int listener = listen_on(&onward_port, kProxied);
  struct lws_context *context = desk(callback_serving, 20);
  for (int i = 0; i < kProxied; i++) {
    const int fd = enter(context);
    pick_up(context, listener);
    serve_until(context, &connected, i + 1);
    say_goodbye(context, fd);
    serve_until(context, &ended, i + 1);
  }
  if (how == kConnectsOnAndEnds) serve_until(context, &onward_ended, kProxied);
  serve_for(context, 300);
}

static void proxy_forgets_other_half(void) { proxies(kConnectsOn); }
static void proxy_ends_other_half(void) { proxies(kConnectsOnAndEnds); }

// --- Responses that last, and requests that wait ---

static void asks(int how, const char *request, unsigned int seconds, int ms) {
  manner = how;
  struct lws_context *context = desk(callback_serving, seconds);
  const int fd = dial(port_of(context, "app"));
  char some[4096];
  say(fd, request);
  for (int served = 0; served < ms; served += 20) {
    serve_for(context, 20);
    while (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0) continue;
  }
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void limit_on_request(void) { asks(kLimitOnRequest, TROUBLE_GET("/order"), 20, 2200); }
static void events_cut_off(void) { asks(kStreams, TROUBLE_GET("/order"), 1, 2200); }
static void events_without_limit(void) { asks(kStreamsUnlimited, TROUBLE_GET("/order"), 1, 2200); }
static void download_cut_off(void) { asks(kSlowly, TROUBLE_GET("/order"), 1, 2200); }

#define POST(headers) "POST /order HTTP/1.1\r\nHost: app\r\n" headers "\r\n"
static void post_without_length(void) { asks(kWaitsForBody, POST(""), 20, 900); }
static void post_without_length_until_timeout(void) { asks(kWaitsForBody, POST(""), 1, 2200); }
static void post_of_nothing(void) { asks(kWaitsForBody, POST("Content-Length: 0\r\n"), 20, 900); }
static void expects_continue_and_leaves(void) {
  asks(kWaitsForBody, POST("Content-Length: 10\r\nExpect: 100-continue\r\n"), 20, 900);
}

static void expects_continue(int how) {
  manner = how;
  struct lws_context *context = desk(callback_serving, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, POST("Content-Length: 10\r\nExpect: 100-continue\r\n"));
  if (how == kContinues) expect(context, fd, "100 Continue");
  else serve_for(context, 900);
  say(fd, "0123456789");
  expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void continue_does_not_come(void) { expects_continue(kWaitsForBody); }
static void continue_comes(void) { expects_continue(kContinues); }

static void head_gets_body(void) { asks(kAnswers, "HEAD /order HTTP/1.1\r\nHost: app\r\n\r\n", 20, 100); }
static void no_content_has_body(void) { asks(kNoContent, TROUBLE_GET("/order"), 20, 100); }

// --- Callbacks that object to what they do not know ---

static int callback_objects(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_HTTP_BIND_PROTOCOL:
    case LWS_CALLBACK_PROTOCOL_INIT: return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: return -1;
    default: return 0;
  }
}

// No lws_context_destroy(): some versions crash in it.
static void objects_to_wake_up(void) {
  struct lws_context *context = desk(callback_objects, 20);
  serve_for(context, 20);
  lws_cancel_service(context);
  serve_for(context, 100);
}

static int callback_objects_to_binding(DESK_ARGUMENTS) {
  (void)wsi;
  (void)user;
  (void)in;
  (void)len;
  return reason == LWS_CALLBACK_HTTP_BIND_PROTOCOL ? -1 : 0;
}

static void objects_to_binding(void) {
  struct lws_context *context = desk(callback_objects_to_binding, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- Service threads ---

static void serves_by_number(int threads) {
  struct lws_context *context = desk(callback_serving, 20);
  serve_for(context, 20);
  for (int i = 0; i < threads + lws_get_count_threads(context); i++) lws_service_tsi(context, -1, i);
  lws_context_destroy(context);
}

static void serves_with_all_threads(void) { serves_by_number(0); }
// lws looks at memory that is not its own, and crashes.
static void serves_with_a_thread_too_many(void) { serves_by_number(1); }

// --- Sockets that the program has read from before ---

static void adopts(bool hands_over) {
  static char request[] = TROUBLE_GET("/order");
  const ssize_t read_before = hands_over ? (ssize_t)sizeof request - 1 : 10;
  int ends[2];
  char taken[sizeof request];
  manner = kAnswers;
  struct lws_context *context = desk(callback_serving, 20);
  struct lws_vhost *vhost = lws_get_vhost_by_name(context, "app");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)) give_up("no sockets");
  say(ends[1], request);
  if (recv(ends[0], taken, (size_t)read_before, 0) != read_before) give_up("cannot read");
  const struct lws *wsi = hands_over ? lws_adopt_socket_vhost_readbuf(vhost, ends[0], taken, (size_t)read_before)
                                     : lws_adopt_socket_vhost(vhost, ends[0]);
  if (!wsi) give_up("not adopted");
  if (hands_over) {
    expect(context, ends[1], "\r\n\r\n");
    hang_up(context, ends[1]);
  } else {
    expect_end(context, ends[1]);
  }
  lws_context_destroy(context);
}

static void adopted_after_reading(void) { adopts(false); }
static void adopted_with_what_was_read(void) { adopts(true); }

const struct corpus_case serving_troubles[] = {
    {"limit_as_of_lws", limit_as_of_lws},
    {"limit_taken_back", limit_taken_back},
    {"kills_itself_at_once", kills_itself_at_once},
    {"kills_another_at_once", kills_another_at_once},
    {"peer_restarts", peer_restarts},
    {"proxy_forgets_other_half", proxy_forgets_other_half},
    {"proxy_ends_other_half", proxy_ends_other_half},
    {"limit_on_request", limit_on_request},
    {"events_cut_off", events_cut_off},
    {"events_without_limit", events_without_limit},
    {"download_cut_off", download_cut_off},
    {"post_without_length", post_without_length},
    {"post_without_length_until_timeout", post_without_length_until_timeout},
    {"post_of_nothing", post_of_nothing},
    {"expects_continue_and_leaves", expects_continue_and_leaves},
    {"continue_does_not_come", continue_does_not_come},
    {"continue_comes", continue_comes},
    {"head_gets_body", head_gets_body},
    {"no_content_has_body", no_content_has_body},
    {"objects_to_wake_up", objects_to_wake_up},
    {"objects_to_binding", objects_to_binding},
    {"serves_with_all_threads", serves_with_all_threads},
    {"serves_with_a_thread_too_many", serves_with_a_thread_too_many},
    {"adopted_after_reading", adopted_after_reading},
    {"adopted_with_what_was_read", adopted_with_what_was_read},
    {0},
};
