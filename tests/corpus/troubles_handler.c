// SPDX-License-Identifier: MIT
//
// HTTP handlers that owe something: a response, the rest of one, or the call that says it was all.
#include <sys/socket.h>

#include "troubles.h"

enum { kAWhileMs = 650, kVisitors = 3 };

// What the handler does with a request for "/order"; every other path is answered at once.
static enum {
  kNothing,
  kHeadOnly,
  kPartOfBody,
  kNoCompletion,
  kDeaf,
  kHeadThenNo,
  kLater,
  kWriteableNoCompletion,
  kEvents,
  kAnswerThenNo,
  kNotFoundThenNo,
  kWaitsForBody,
  kNotFound
} manner;

static int begin(struct lws *wsi, const char *path) {
  if (strcmp(path, "/order")) return answer(wsi) ? -1 : complete(wsi);
  switch (manner) {
    case kHeadOnly: return send_head(wsi, 100);
    case kPartOfBody: return send_head(wsi, 100) || send_body(wsi, "a part\n", LWS_WRITE_HTTP);
    case kNoCompletion: return answer(wsi);
    case kDeaf:
      lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
      lws_rx_flow_control(wsi, 0);
      return 0;
    case kHeadThenNo: send_head(wsi, 100); return -1;
    case kEvents:
      if (send_head(wsi, -1)) return -1;
      lws_set_timer_usecs(wsi, 50 * LWS_US_PER_MS);
      return 0;
    case kAnswerThenNo: answer(wsi); return -1;
    case kNotFoundThenNo: (void)!lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL); return -1;
    case kWriteableNoCompletion: return lws_callback_on_writable(wsi) < 0;
    case kLater: lws_set_timer_usecs(wsi, 300 * LWS_US_PER_MS); return 0;
    case kNotFound: return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : complete(wsi);
    default: return 0;
  }
}

static int callback_handler(DESK_ARGUMENTS) {
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: {
      char path[64];
      const size_t mounted = 1;  // "/" is mounted: lws hands over what follows
      path[0] = '/';
      lws_strncpy(path + mounted, ((const char *)in)[0] == '/' ? (const char *)in + 1 : (const char *)in,
                  sizeof path - 1);
      return begin(wsi, path);
    }
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_TIMER:
      if (manner != kEvents) return answer(wsi) ? -1 : complete(wsi);
      lws_set_timer_usecs(wsi, 50 * LWS_US_PER_MS);
      return send_body(wsi, "data: news\n\n", LWS_WRITE_HTTP);
    case LWS_CALLBACK_HTTP_WRITEABLE:
      if (((struct desk *)user)->step++) return 0;
      return answer(wsi) ? -1 : 0;
    default: break;
  }
  return 0;
}

// COUNT clients ask for "/order"; if TEXT is not NULL it comes back. The context is left as it is, open.
static struct lws_context *asked(int how, int count, const char *text, int *fds, unsigned int seconds) {
  manner = how;
  struct lws_context *context = desk(callback_handler, seconds);
  for (int i = 0; i < count; i++) {
    fds[i] = dial(port_of(context, "app"));
    say(fds[i], TROUBLE_GET("/order"));
    if (text) expect(context, fds[i], text);
    else serve_for(context, 20);
  }
  return context;
}

static void leave_all(struct lws_context *context, const int *fds, int count) {
  for (int i = 0; i < count; i++) hang_up(context, fds[i]);
  serve_for(context, 50);
}

static int fds[8];

// --- No response ---

static void owes_at_exit(void) { serve_for(asked(kNothing, kVisitors, NULL, fds, 20), kAWhileMs); }

static void owes_until_peers_left(void) {
  struct lws_context *context = asked(kNothing, kVisitors, NULL, fds, 20);
  serve_for(context, kAWhileMs);
  leave_all(context, fds, kVisitors);
  lws_context_destroy(context);
}

static void owes_until_timeout(void) {
  struct lws_context *context = asked(kNothing, 1, NULL, fds, 1);
  expect_end(context, fds[0]);
  lws_context_destroy(context);
}

// Others are answered meanwhile: it is this path that is forgotten.
static void owes_while_others_are_served(void) {
  struct lws_context *context = asked(kNothing, 1, NULL, fds, 20);
  for (int i = 1; i < 6; i++) {
    fds[i] = dial(port_of(context, "app"));
    get(context, fds[i], "/bill");
    hang_up(context, fds[i]);
    serve_for(context, 120);
  }
}

static void deaf_to_peers_that_left(void) {
  struct lws_context *context = asked(kDeaf, 5, NULL, fds, 20);
  serve_for(context, 50);
  leave_all(context, fds, 5);
  serve_for(context, 1200);
}

static void peer_impatient(void) {
  struct lws_context *context = asked(kLater, 1, NULL, fds, 20);
  leave_all(context, fds, 1);
  lws_context_destroy(context);
}

static void peer_patient(void) {
  struct lws_context *context = asked(kLater, kVisitors, NULL, fds, 20);
  for (int i = 0; i < kVisitors; i++) expect(context, fds[i], "hello\n");
  leave_all(context, fds, kVisitors);
  lws_context_destroy(context);
}

// --- Half a response ---

static void head_without_body(void) {
  struct lws_context *context = asked(kHeadOnly, 1, "\r\n\r\n", fds, 20);
  serve_for(context, kAWhileMs);
}

static void body_not_ended(void) {
  struct lws_context *context = asked(kPartOfBody, kVisitors, "a part\n", fds, 20);
  serve_for(context, kAWhileMs);
  leave_all(context, fds, kVisitors);
  lws_context_destroy(context);
}

static void refuses_after_head(void) {
  struct lws_context *context = asked(kHeadThenNo, 1, NULL, fds, 20);
  expect_end(context, fds[0]);
  lws_context_destroy(context);
}

static void not_found(void) {
  struct lws_context *context = asked(kNotFound, 1, "404", fds, 20);
  leave_all(context, fds, 1);
  lws_context_destroy(context);
}

// Server-sent events have no end: they go on when the program ends.
static void events_until_exit(void) {
  struct lws_context *context = asked(kEvents, kVisitors, "data: news", fds, 20);
  serve_for(context, kAWhileMs);
}

static void events_until_peers_left(void) {
  struct lws_context *context = asked(kEvents, kVisitors, "data: news", fds, 20);
  serve_for(context, kAWhileMs);
  leave_all(context, fds, kVisitors);
  lws_context_destroy(context);
}

// All of the response, and -1 to end the connection: not the way to do it, and nobody suffers.
static void answers_and_closes(void) {
  struct lws_context *context = asked(kAnswerThenNo, 1, "hello\n", fds, 20);
  expect_end(context, fds[0]);
  lws_context_destroy(context);
}

static void not_found_and_closes(void) {
  struct lws_context *context = asked(kNotFoundThenNo, 1, "404", fds, 20);
  expect_end(context, fds[0]);
  lws_context_destroy(context);
}

// --- All of it, and nobody says so ---

static void second_request_waits(void) {
  struct lws_context *context = asked(kNoCompletion, 1, "hello\n", fds, 20);
  say(fds[0], TROUBLE_GET("/bill"));
  serve_for(context, kAWhileMs);
  leave_all(context, fds, 1);
  lws_context_destroy(context);
}

static void second_request_lost(void) {
  struct lws_context *context = asked(kWriteableNoCompletion, kVisitors, NULL, fds, 1);
  for (int i = 0; i < kVisitors; i++) expect(context, fds[i], "hello\n");
  for (int i = 0; i < kVisitors; i++) say(fds[i], TROUBLE_GET("/bill"));
  for (int i = 0; i < kVisitors; i++) expect_end(context, fds[i]);
  lws_context_destroy(context);
}

static void second_request_cut_off(void) {
  struct lws_context *context = asked(kNoCompletion, 1, "hello\n", fds, 1);
  say(fds[0], TROUBLE_GET("/bill"));
  expect_end(context, fds[0]);
  lws_context_destroy(context);
}

static void second_request_answered(void) {
  struct lws_context *context = asked(kLater, 1, "hello\n", fds, 20);
  get(context, fds[0], "/bill");
  get(context, fds[0], "/bill");
  leave_all(context, fds, 1);
  lws_context_destroy(context);
}

// --- The request's body ---

static void body_of(const char *sent, bool comes) {
  manner = kWaitsForBody;
  struct lws_context *context = desk(callback_handler, 1);
  const int fd = dial(port_of(context, "app"));
  say(fd, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\n");
  say(fd, sent);
  if (comes) {
    expect(context, fd, "hello\n");
    hang_up(context, fd);
  } else {
    expect_end(context, fd);
  }
  lws_context_destroy(context);
}

static void request_body_stops(void) { body_of("four", false); }
// It is still coming when the program ends: nobody can answer yet.
static void request_body_coming_at_exit(void) {
  manner = kWaitsForBody;
  struct lws_context *context = desk(callback_handler, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 1000\r\n\r\n");
  for (int part = 0; part < 16; part++) {
    say(fd, "0123456789");
    serve_for(context, 50);
  }
}

static void request_body_comes(void) { body_of("0123456789", true); }

// --- One callback holds up the loop ---

static int callback_busy(DESK_ARGUMENTS) {
  if (reason == LWS_CALLBACK_HTTP && strstr((const char *)in, "slow")) nap(900);
  return callback_handler(wsi, reason, user, in, len);
}

static void one_blocks_the_rest(void) {
  struct lws_context *context = desk(callback_busy, 20);
  fds[0] = dial(port_of(context, "app"));
  say(fds[0], TROUBLE_GET("/slow"));
  for (int i = 1; i < 5; i++) {
    fds[i] = dial(port_of(context, "app"));
    say(fds[i], TROUBLE_GET("/bill"));
  }
  for (int i = 0; i < 5; i++) expect(context, fds[i], "hello\n");
  leave_all(context, fds, 5);
  lws_context_destroy(context);
}

// The same, and nobody is there who could wait.
static void slow_alone(void) {
  struct lws_context *context = desk(callback_busy, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/slow"));
  expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}

const struct corpus_case handler_troubles[] = {
    {"owes_at_exit", owes_at_exit},
    {"owes_until_peers_left", owes_until_peers_left},
    {"owes_until_timeout", owes_until_timeout},
    {"owes_while_others_are_served", owes_while_others_are_served},
    {"deaf_to_peers_that_left", deaf_to_peers_that_left},
    {"peer_impatient", peer_impatient},
    {"peer_patient", peer_patient},
    {"head_without_body", head_without_body},
    {"body_not_ended", body_not_ended},
    {"refuses_after_head", refuses_after_head},
    {"events_until_exit", events_until_exit},
    {"events_until_peers_left", events_until_peers_left},
    {"answers_and_closes", answers_and_closes},
    {"not_found_and_closes", not_found_and_closes},
    {"not_found", not_found},
    {"second_request_waits", second_request_waits},
    {"second_request_lost", second_request_lost},
    {"second_request_cut_off", second_request_cut_off},
    {"second_request_answered", second_request_answered},
    {"request_body_stops", request_body_stops},
    {"request_body_coming_at_exit", request_body_coming_at_exit},
    {"request_body_comes", request_body_comes},
    {"one_blocks_the_rest", one_blocks_the_rest},
    {"slow_alone", slow_alone},
    {0},
};
