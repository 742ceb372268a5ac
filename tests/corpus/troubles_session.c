// SPDX-License-Identifier: MIT
//
// Websocket sessions of this program's server, and what ends them.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kNapMs = 700, kSessions = 3, kBusyTurns = 60 };
enum manner {
  kPlain,
  kLimitOnAll,
  kLimitOfOurs,
  kCodeAlone,
  kCodeAndEnd,
  kAdopts,
  kAdoptsAndCloses,
  kAdoptsOnce,
  kRefuses,
  kLimitRenewed,
  kCodeThenEnd
};

static enum manner manner;
static int established, received, ended, pipes_ended, written;
static struct lws *last_session;
static int shared_end;

static void adopt_pipe(struct lws *wsi, struct desk *of) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) give_up("no pipe");
  const lws_sock_file_fd_type given = {.filefd = ends[0]};
  shared_end = ends[1];
  of->wsi = lws_adopt_descriptor_vhost(lws_get_vhost(wsi), LWS_ADOPT_RAW_FILE_DESC, given, "desk", NULL);
  if (!of->wsi) give_up("not adopted");
}

static int on_message(struct lws *wsi) {
  received++;
  if (manner == kCodeAlone || manner == kCodeAndEnd) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, (unsigned char *)"enough", 6);
    return manner == kCodeAndEnd ? -1 : 0;
  }
  if (manner == kLimitRenewed) lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE + 7, 1);
  if (manner == kCodeThenEnd) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, (unsigned char *)"enough", 6);
    lws_set_timer_usecs(wsi, 200 * LWS_US_PER_MS);
  }
  return manner == kRefuses ? -1 : 0;
}

static int callback_session(DESK_ARGUMENTS) {
  struct desk *of = user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      established++;
      last_session = wsi;
      if (manner == kLimitOnAll) lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 1);
      if (manner == kLimitOfOurs || manner == kLimitRenewed)
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE + 7, 1);
      if (manner == kAdopts || manner == kAdoptsAndCloses || (manner == kAdoptsOnce && established == 1))
        adopt_pipe(wsi, of);
      break;
    case LWS_CALLBACK_RECEIVE: return on_message(wsi);
    case LWS_CALLBACK_SERVER_WRITEABLE: written++; break;
    case LWS_CALLBACK_CLOSED:
      ended++;
      if (manner == kAdoptsAndCloses) lws_set_timeout(of->wsi, 1, LWS_TO_KILL_ASYNC);
      break;
    case LWS_CALLBACK_TIMER: return manner == kCodeThenEnd ? -1 : 0;
    case LWS_CALLBACK_RAW_RX_FILE: {
      char some[64];
      return read(lws_get_socket_fd(wsi), some, sizeof some) < 0 ? -1 : 0;
    }
    case LWS_CALLBACK_RAW_CLOSE_FILE: pipes_ended++; break;
    default: break;
  }
  return 0;
}

static void say_close(int fd, int code) {
  unsigned char frame[8] = {0x88, 0x82};  // masked with 0
  frame[6] = (unsigned char)(code >> 8);
  frame[7] = (unsigned char)code;
  say_bytes(fd, frame, sizeof frame);
}

// The session talks all the time until lws ends it.
static void talks_until_cut(enum manner how) {
  manner = how;
  struct lws_context *context = desk(callback_session, 20);
  const int fd = enter(context);
  for (int turns = 0; turns < 4 * kBusyTurns && !ended; turns++) {
    say_frame(fd, "still here");
    serve_for(context, 20);
  }
  if (!ended) give_up("it was not cut");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void limit_on_everything(void) { talks_until_cut(kLimitOnAll); }
static void limit_of_the_program(void) { talks_until_cut(kLimitOfOurs); }

static void talks(enum manner how) {
  manner = how;
  struct lws_context *context = desk(callback_session, 1);
  const int fd = enter(context);
  for (int turns = 0; turns < kBusyTurns; turns++) {
    say_frame(fd, "still here");
    serve_for(context, 20);
  }
  say_close(fd, 1000);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void talks_and_leaves(void) { talks(kPlain); }
static void limit_renewed(void) { talks(kLimitRenewed); }

// --- Who says goodbye ---

static void closes(enum manner how, int code, bool by_reset) {
  manner = how;
  struct lws_context *context = desk(callback_session, 5);
  const int fd = enter(context);
  say_frame(fd, "too much");
  serve_until(context, &received, 1);
  serve_for(context, how == kCodeAlone ? kNapMs : 20);
  if (how == kCodeAndEnd) expect(context, fd, "enough");
  if (code) say_close(fd, code);
  if (by_reset) reset(context, fd);
  else expect_end(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void code_alone_then_reset(void) { closes(kCodeAlone, 0, true); }
static void code_alone_then_going_away(void) { closes(kCodeAlone, 1001, false); }
static void code_and_end(void) { closes(kCodeAndEnd, 1008, false); }
static void code_and_end_later(void) {
  manner = kCodeThenEnd;
  struct lws_context *context = desk(callback_session, 5);
  const int fd = enter(context);
  say_frame(fd, "too much");
  expect(context, fd, "enough");
  say_close(fd, 1008);
  expect_end(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void peer_going_away(void) { closes(kPlain, 1001, false); }
static void peer_resets_session(void) { closes(kPlain, 0, true); }
static void callback_ends_session(void) {
  manner = kRefuses;
  struct lws_context *context = desk(callback_session, 1);
  const int fd = enter(context);
  say_frame(fd, "too much");
  serve_until(context, &received, 1);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void frames_wrong(const void *frame, size_t bytes) {
  manner = kPlain;
  struct lws_context *context = desk(callback_session, 1);
  const int fd = enter(context);
  say_bytes(fd, frame, bytes);
  serve_for(context, 50);
  say_close(fd, 1002);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void frame_of_no_kind(void) { frames_wrong("\x8b\x81\0\0\0\0x", 7); }
static void frame_not_utf8(void) {
  manner = kPlain;
  struct lws_context_creation_info info = desk_info(callback_session, 1);
  info.options |= LWS_SERVER_OPTION_VALIDATE_UTF8;
  struct lws_context *context = start(&info);
  const int fd = enter(context);
  say_bytes(fd, "\x81\x82\0\0\0\0\xc3\x28", 8);
  serve_for(context, 50);
  say_close(fd, 1007);
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- Pings ---

static void pinged(bool answers) {
  static const lws_retry_bo_t often = {.secs_since_valid_ping = 1, .secs_since_valid_hangup = 2};
  manner = kPlain;
  struct lws_context_creation_info info = desk_info(callback_session, 20);
  info.retry_and_idle_policy = &often;
  struct lws_context *context = start(&info);
  const int fd = enter(context);
  if (!answers) {
    serve_until(context, &ended, 1);
    close(fd);
  } else {
    char some[64];
    for (int turns = 0; turns < 120; turns++) {
      serve_for(context, 20);
      if (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0 && (some[0] & 0x0f) == 9) say_bytes(fd, "\x8a\x80\0\0\0\0", 6);
    }
    if (ended) give_up("a pong was sent");
    say_close(fd, 1000);
    expect_end(context, fd);
  }
  lws_context_destroy(context);
}

static void pings_unanswered(void) { pinged(false); }
static void pings_answered(void) { pinged(true); }

// --- Descriptors that are adopted in a session ---

static void sessions_with_pipes(enum manner how) {
  manner = how;
  struct lws_context *context = desk(callback_session, 5);
  for (int i = 0; i < kSessions; i++) {
    const int fd = enter(context);
    serve_until(context, &established, i + 1);
    say_close(fd, 1000);
    expect_end(context, fd);
    serve_until(context, &ended, i + 1);
  }
  if (how == kAdoptsAndCloses) serve_until(context, &pipes_ended, kSessions);
  serve_for(context, kNapMs);
}

// Six loads of eight sockets are adopted, and nobody ever closes one.
static void adopted_and_kept(void) {
  manner = kPlain;
  struct lws_context *context = desk(callback_session, 5);
  for (int load = 0; load < 6; load++) {
    for (int i = 0; i < 8; i++) {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)) give_up("no sockets");
      const lws_sock_file_fd_type given = {.sockfd = ends[0]};
      if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "desk", NULL))
        give_up("not adopted");
    }
    serve_for(context, 120);
  }
}

// As many, each ended by its peer.
static void adopted_and_ended(void) {
  manner = kPlain;
  struct lws_context *context = desk(callback_session, 5);
  for (int load = 0; load < 6; load++) {
    int ends[8][2];
    for (int i = 0; i < 8; i++) {
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends[i])) give_up("no sockets");
      const lws_sock_file_fd_type given = {.sockfd = ends[i][0]};
      if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "desk", NULL))
        give_up("not adopted");
    }
    serve_for(context, 60);
    for (int i = 0; i < 8; i++) close(ends[i][1]);
    serve_for(context, 60);
  }
  lws_context_destroy(context);
}

// The first session opens what all of them use, one after the other.
static void one_pipe_for_all(void) {
  manner = kAdoptsOnce;
  struct lws_context *context = desk(callback_session, 5);
  for (int i = 0; i < 7; i++) {
    const int fd = enter(context);
    serve_until(context, &established, i + 1);
    for (int turn = 0; turn < 4; turn++) {
      if (write(shared_end, "news\n", 5) != 5) give_up("cannot write");
      serve_for(context, 30);
    }
    say_close(fd, 1000);
    expect_end(context, fd);
  }
}

static void pipes_outlive_sessions(void) { sessions_with_pipes(kAdopts); }
static void pipes_end_with_sessions(void) { sessions_with_pipes(kAdoptsAndCloses); }

// --- Threads ---

static void *asks_to_write(void *wakes) {
  nap(200);
  lws_callback_on_writable(last_session);
  if (wakes) lws_cancel_service(lws_get_context(last_session));
  return NULL;
}

static void nothing(lws_sorted_usec_list_t *alarm) { (void)alarm; }

static void written_from_thread(bool wakes) {
  manner = kPlain;
  struct lws_context *context = desk(callback_session, 20);
  const int fd = enter(context);
  serve_until(context, &established, 1);
  serve_for(context, 50);
  pthread_t thread;
  pthread_create(&thread, NULL, asks_to_write, wakes ? context : NULL);
  lws_sorted_usec_list_t alarm = {0};  // what wakes the loop at last
  lws_sul_schedule(context, 0, &alarm, nothing, 1200 * LWS_US_PER_MS);
  while (!written) lws_service(context, 0);
  lws_sul_schedule(context, 0, &alarm, nothing, LWS_SET_TIMER_USEC_CANCEL);
  pthread_join(thread, NULL);
  say_close(fd, 1000);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void thread_does_not_wake(void) { written_from_thread(false); }
static void thread_wakes(void) { written_from_thread(true); }

const struct corpus_case session_troubles[] = {
    {"limit_on_everything", limit_on_everything},
    {"limit_of_the_program", limit_of_the_program},
    {"talks_and_leaves", talks_and_leaves},
    {"code_alone_then_reset", code_alone_then_reset},
    {"code_alone_then_going_away", code_alone_then_going_away},
    {"limit_renewed", limit_renewed},
    {"code_and_end", code_and_end},
    {"code_and_end_later", code_and_end_later},
    {"peer_going_away", peer_going_away},
    {"peer_resets_session", peer_resets_session},
    {"callback_ends_session", callback_ends_session},
    {"frame_of_no_kind", frame_of_no_kind},
    {"frame_not_utf8", frame_not_utf8},
    {"pings_unanswered", pings_unanswered},
    {"pings_answered", pings_answered},
    {"pipes_outlive_sessions", pipes_outlive_sessions},
    {"pipes_end_with_sessions", pipes_end_with_sessions},
    {"one_pipe_for_all", one_pipe_for_all},
    {"adopted_and_kept", adopted_and_kept},
    {"adopted_and_ended", adopted_and_ended},
    {"thread_does_not_wake", thread_does_not_wake},
    {"thread_wakes", thread_wakes},
    {0},
};
