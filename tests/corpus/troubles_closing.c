// SPDX-License-Identifier: MIT
//
// Ends that are told as another's: codes that were stored and never sent, time limits of the program's own, peers that leave in different
// ways. And what waits unread or stays open after a request.
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kSessions = 3, kJobs = 5, kPollers = 4, kAWhileMs = 650, kLongMs = 1300, kLimitS = 1 };

static enum { kAnswers, kKeepsWaiting, kBeginsJobs, kRefusesUpgrade, kRefusesSession, kSaysCodes } manner;
static int established, ended, asked, answered;
static bool ends_jobs;
static struct lws *sessions[kSessions], *requests[kSessions];

static struct lws *adopt_job(struct lws *wsi) {
  const lws_sock_file_fd_type job = {.filefd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  return lws_adopt_descriptor_vhost(lws_get_vhost(wsi), LWS_ADOPT_RAW_FILE_DESC, job, "desk", NULL);
}

static int begin_request(struct lws *wsi) {
  asked++;
  if (manner == kKeepsWaiting) return 0;
  if (manner == kBeginsJobs) {
    struct lws *job = adopt_job(wsi);
    if (job == NULL) give_up("no job");
    if (ends_jobs) lws_set_timeout(job, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
  return answer_and_complete(wsi, NULL);
}

static int say_code(struct lws *wsi, enum lws_close_status code) {
  lws_close_reason(wsi, code, NULL, 0);
  return -1;
}

static int callback_closing(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return begin_request(wsi);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return manner == kKeepsWaiting ? 0 : answer_and_complete(wsi, NULL);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      if (manner != kRefusesUpgrade) break;
      lws_return_http_status(wsi, HTTP_STATUS_UNAUTHORIZED, NULL);
      return -1;
    case LWS_CALLBACK_ESTABLISHED:
      if (established < kSessions) sessions[established] = wsi;
      established++;
      if (manner == kRefusesSession) return say_code(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE: return manner == kSaysCodes ? say_code(wsi, LWS_CLOSE_STATUS_GOINGAWAY) : 0;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLOSED_HTTP: ended++; break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      if (asked < kSessions) requests[asked] = wsi;
      asked++;
      break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: answered++; break;
    default: break;
  }
  return 0;
}

// --- Codes of close frames ---

// SENT: each session sends its code, before the context goes.
static void context_goes_with_codes(bool sent) {
  struct lws_context *context = desk(callback_closing, 20);
  int fds[kSessions];
  for (int i = 0; i < kSessions; i++) fds[i] = enter(context);
  serve_until(context, &established, kSessions);
  manner = sent ? kSaysCodes : kAnswers;
  for (int i = 0; i < kSessions; i++) {
    if (sent) lws_callback_on_writable(sessions[i]);
    else lws_close_reason(sessions[i], LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
  }
  if (sent) {
    serve_for(context, 20);
    for (int i = 0; i < kSessions; i++) hang_up(context, fds[i]);
    serve_until(context, &ended, kSessions);
  }
  lws_context_destroy(context);
}
static void codes_stored_at_destroy(void) { context_goes_with_codes(false); }
static void codes_sent_before_destroy(void) { context_goes_with_codes(true); }

static void session_told_why(void) {
  manner = kRefusesSession;
  struct lws_context *context = desk(callback_closing, 20);
  const int fd = enter(context);
  serve_for(context, 20);
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void upgrade_gets_status(void) {
  manner = kRefusesUpgrade;
  struct lws_context *context = desk(callback_closing, 20);
  const int fd = dial(port_of(context, "app"));
  ask_upgrade(fd, "desk");
  expect(context, fd, " 401 ");
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- Descriptors that a request adopts ---

static void requests_adopt(bool end_them, int count) {
  manner = kBeginsJobs;
  ends_jobs = end_them;
  struct lws_context *context = desk(callback_closing, 20);
  for (int i = 0; i < count; i++) {
    const int fd = dial(port_of(context, "app"));
    get(context, fd, "/order");
    hang_up(context, fd);
    serve_for(context, 10);
  }
  serve_for(context, 20);
}
static void jobs_outlive_requests(void) { requests_adopt(false, kJobs); }
static void jobs_end_with_requests(void) { requests_adopt(true, kJobs); }
static void jobs_are_two(void) { requests_adopt(false, 2); }

// --- Time limits and waits ---

// LIMITED: by this program, in the middle of the wait.
static void server_takes_long(bool limited) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_closing, 20);
  int fds[2];
  for (int i = 0; i < 2; i++) {
    ask(context, "GET", port, 0);
    fds[i] = pick_up_request(context, listener);
  }
  for (int i = 0; limited && i < 2; i++) lws_set_timeout(requests[i], PENDING_TIMEOUT_USER_REASON_BASE + 3, kLimitS);
  serve_for(context, limited ? 2 * kLongMs : 100);
  for (int i = 0; i < 2; i++) say(fds[i], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  if (!limited) serve_until(context, &answered, 2);
  lws_context_destroy(context);
}
static void own_limit_on_answer(void) { server_takes_long(true); }
static void no_limit_on_answer(void) { server_takes_long(false); }

// The next request comes while the one before is worked on.
static void request_behind_body(bool completed) {
  manner = completed ? kAnswers : kKeepsWaiting;
  struct lws_context *context = desk(callback_closing, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\n1 tea");
  serve_for(context, 20);
  say(fd, TROUBLE_GET("/order"));
  serve_for(context, completed ? 20 : kAWhileMs);
  if (completed) expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void next_waits_behind_body(void) { request_behind_body(false); }

static void pollers_leave(bool served) {
  manner = served ? kAnswers : kKeepsWaiting;
  struct lws_context *context = desk(callback_closing, 20);
  int fds[kPollers];
  for (int i = 0; i < kPollers; i++) {
    fds[i] = dial(port_of(context, "app"));
    if (served) {
      get(context, fds[i], "/order");
    } else {
      say(fds[i], TROUBLE_GET("/order"));
      serve_until(context, &asked, i + 1);
    }
  }
  serve_for(context, kAWhileMs);
  for (int i = 0; i < kPollers; i++) i % 2 ? reset(context, fds[i]) : hang_up(context, fds[i]);
  serve_for(context, 50);
  lws_context_destroy(context);
}
static void pollers_leave_unserved(void) { pollers_leave(false); }
static void pollers_leave_served(void) { pollers_leave(true); }

// Two clients hold a header table each while a third one asks; TABLES: how many one address may hold, 0 for any number.
static void third_asks(unsigned int tables) {
  struct lws_context_creation_info info = desk_info(callback_closing, 20);
#ifdef LWS_WITH_PEER_LIMITS
  info.ip_limit_ah = (int)tables;
#endif
  struct lws_context *context = start(&info);
  const int port = port_of(context, "app");
  int slow[2];
  for (int i = 0; i < 2; i++) {
    slow[i] = dial(port);
    say(slow[i], "GET /order HTTP/1.1\r\nHost: ap");
    serve_for(context, 20);
  }
  const int fd = dial(port);
  say(fd, TROUBLE_GET("/order"));
  serve_for(context, kLongMs);
  if (tables == 0) expect(context, fd, "hello\n");
  for (int i = 0; i < 2; i++) hang_up(context, slow[i]);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void tables_of_address_in_use(void) { third_asks(2); }
static void tables_of_address_free(void) { third_asks(0); }

static void head_stays_half(void) {
  struct lws_context *context = desk(callback_closing, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, "GET /order HTTP/1.1\r\nHost: ap");
  serve_for(context, 50);
  hang_up(context, fd);
  lws_context_destroy(context);
}

const struct corpus_case closing_troubles[] = {
    {"codes_stored_at_destroy", codes_stored_at_destroy},
    {"codes_sent_before_destroy", codes_sent_before_destroy},
    {"session_told_why", session_told_why},
    {"upgrade_gets_status", upgrade_gets_status},
    {"jobs_outlive_requests", jobs_outlive_requests},
    {"jobs_end_with_requests", jobs_end_with_requests},
    {"jobs_are_two", jobs_are_two},
    {"own_limit_on_answer", own_limit_on_answer},
    {"no_limit_on_answer", no_limit_on_answer},
    {"next_waits_behind_body", next_waits_behind_body},
    {"pollers_leave_unserved", pollers_leave_unserved},
    {"pollers_leave_served", pollers_leave_served},
    {"tables_of_address_in_use", tables_of_address_in_use},
    {"tables_of_address_free", tables_of_address_free},
    {"head_stays_half", head_stays_half},
    {NULL, NULL},
};
