// SPDX-License-Identifier: MIT
//
// Servers as people report them: a callback that takes its time, reading that stays switched off, two answers to one request, a body
// that nobody waits for.
#include <signal.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kBusyMs = 1100, kDeafMs = 1300 };

static int received, established, ended;

// --- Handlers ---

static int callback_twice(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  if (reason != LWS_CALLBACK_HTTP) return 0;
  if (lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL)) return -1;
  return answer(wsi) ? -1 : complete(wsi);
}

static void answers_twice(void) {
  struct lws_context *context = desk(callback_twice, 5);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static int callback_hasty(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  return reason == LWS_CALLBACK_HTTP && (answer(wsi) || complete(wsi)) ? -1 : 0;
}

// The answer goes out before the body has come, which is then no request.
static void body_after_answer(void) {
  struct lws_context *context = desk(callback_hasty, 5);
  const int fd = dial(port_of(context, "app"));
  say(fd, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 26\r\n\r\n");
  expect(context, fd, "hello\n");
  say(fd, "two pounds of ketchup\r\n\r\n\r\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static int callback_forgets(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  return reason == LWS_CALLBACK_HTTP ? answer(wsi) : 0;
}

// A service that somebody stops: nothing of it is left to ask.
static void stopped_with_response_whole(void) {
  struct lws_context *context = desk(callback_forgets, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect(context, fd, "hello\n");
  say(fd, TROUBLE_GET("/bill"));
  serve_for(context, 650);
  raise(SIGTERM);
}

// --- Sessions ---

static enum { kSlow, kDeaf, kQuick } manner;

static int callback_talk(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: established++; break;
    case LWS_CALLBACK_CLOSED: ended++; break;
    case LWS_CALLBACK_RECEIVE:
      received++;
      if (manner == kSlow && received == 1) nap(kBusyMs);
      if (manner == kDeaf) lws_rx_flow_control(wsi, 0);
      break;
    default: break;
  }
  return 0;
}

static void message_holds_up_the_rest(void) {
  manner = kSlow;
  struct lws_context *context = desk(callback_talk, 20);
  const int fds[3] = {enter(context), enter(context), enter(context)};
  serve_until(context, &established, 3);
  for (int i = 0; i < 3; i++) say_frame(fds[i], "work");
  serve_until(context, &received, 3);
  for (int i = 0; i < 3; i++) hang_up(context, fds[i]);
  lws_context_destroy(context);
}

static void messages_pass(void) {
  manner = kQuick;
  struct lws_context *context = desk(callback_talk, 20);
  const int fds[3] = {enter(context), enter(context), enter(context)};
  serve_until(context, &established, 3);
  serve_for(context, kBusyMs);
  for (int i = 0; i < 3; i++) say_frame(fds[i], "work");
  serve_until(context, &received, 3);
  for (int i = 0; i < 3; i++) hang_up(context, fds[i]);
  lws_context_destroy(context);
}

// Reading is switched off at the first message, and never on again.
static void deaf_after_message(void) {
  manner = kDeaf;
  struct lws_context *context = desk(callback_talk, 20);
  const int fd = enter(context);
  say_frame(fd, "one");
  serve_until(context, &received, 1);
  say_frame(fd, "two");
  say_frame(fd, "three");
  serve_for(context, kDeafMs);
}

// So that the pong is not read either.
static void deaf_until_ping_timeout(void) {
  static const lws_retry_bo_t often = {.secs_since_valid_ping = 1, .secs_since_valid_hangup = 2};
  manner = kDeaf;
  struct lws_context_creation_info info = desk_info(callback_talk, 20);
  info.retry_and_idle_policy = &often;
  struct lws_context *context = start(&info);
  const int fd = enter(context);
  say_frame(fd, "one");
  serve_until(context, &received, 1);
  say_frame(fd, "two");
  while (!ended) {
    char some[64];
    serve_for(context, 20);
    if (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0 && (some[0] & 0x0f) == 9) say_bytes(fd, "\x8a\x80\0\0\0\0", 6);
  }
  hang_up(context, fd);
  lws_context_destroy(context);
}

const struct corpus_case server_troubles[] = {
    {"answers_twice", answers_twice},
    {"body_after_answer", body_after_answer},
    {"stopped_with_response_whole", stopped_with_response_whole},
    {"message_holds_up_the_rest", message_holds_up_the_rest},
    {"messages_pass", messages_pass},
    {"deaf_after_message", deaf_after_message},
    {"deaf_until_ping_timeout", deaf_until_ping_timeout},
    {0},
};
