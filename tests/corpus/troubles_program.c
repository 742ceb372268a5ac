// SPDX-License-Identifier: MIT
//
// What a program does around its connections: it forks, ends, forgets its loop, or sleeps beside it.
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum manner { kAnswers, kSaysNo, kExits, kDestroys, kShutsDown, kKillsSync };

static enum manner manner;
static int asked, established, completed, failed, ended, served;

static int callback_program(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: served++; return manner == kSaysNo || answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_ESTABLISHED: served++; break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      established++;
      if (manner == kExits) exit(3);
      if (manner == kDestroys) lws_context_destroy(lws_get_context(wsi));
      if (manner == kShutsDown) shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
      if (manner == kKillsSync) lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: asked++; break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

// A websocket server that says nothing, and a client of it.
static struct lws_context *with_session(int *fd) { return asking_desk(callback_program, 20, NULL, fd); }

// --- Nobody runs the loop ---

static void listens_and_never_serves(void) {
  struct lws_context *context = desk(callback_program, 20);
  int fds[3];
  for (int i = 0; i < 3; i++) {
    fds[i] = dial(port_of(context, "app"));
    say(fds[i], TROUBLE_GET("/order"));
  }
  nap(1200);
}

static void stops_serving(void) {
  struct lws_context *context = desk(callback_program, 20);
  const int first = dial(port_of(context, "app"));
  get(context, first, "/order");
  const int second = dial(port_of(context, "app"));
  say(first, TROUBLE_GET("/bill"));
  say(second, TROUBLE_GET("/order"));
  nap(1300);
}

static void sleeps_and_nobody_waits(void) {
  struct lws_context *context = desk(callback_program, 20);
  const int fd = dial(port_of(context, "app"));
  for (int i = 0; i < 5; i++) {
    get(context, fd, "/order");
    nap(600);
  }
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- The end of the program ---

static void exits_in_callback(void) {
  int fd;
  manner = kExits;
  struct lws_context *context = with_session(&fd);
  serve_until(context, &ended, 1);
}
static void destroys_in_callback(void) {
  int fd;
  manner = kDestroys;
  struct lws_context *context = with_session(&fd);
  serve_for(context, 300);
}
static void destroys_while_connecting(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_program, 20);
  ask(context, NULL, port, 0);
  serve_until(context, &asked, 1);  // at once: a server that takes half a second is slow
  lws_context_destroy(context);
}
static void exits_while_connecting(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_program, 20);
  ask(context, NULL, port, 0);
  serve_until(context, &asked, 1);  // at once: a server that takes half a second is slow
}
static void interrupted_with_sessions(void) {
  int fd;
  struct lws_context *context = with_session(&fd);
  serve_until(context, &established, 1);
  raise(SIGINT);
}

// --- More than one process ---

static void forks_before(void) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
  struct lws_context *context = desk(callback_program, 20);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void parent_leaves(void) {
  struct lws_context *context = desk(callback_program, 20);
  if (fork() > 0) _exit(0);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  hang_up(context, fd);
  lws_context_destroy(context);
}
// The child serves a context, and vhosts, of which only the parent has told.
static void child_says_no(void) {
  manner = kSaysNo;
  struct lws_context *context = desk(callback_program, 20);
  const pid_t child = fork();
  if (child > 0) waitpid(child, NULL, 0), _exit(0);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect_end(context, fd);
  lws_context_destroy(context);
}
static void runs_another_program(void) {
  struct lws_context *context = desk(callback_program, 20);
  enter(context);
  serve_for(context, 20);
  execl("/bin/true", "true", (char *)NULL);
}

// --- Beside lws ---

static void shuts_descriptor_down(void) {
  int fd;
  manner = kShutsDown;
  struct lws_context *context = with_session(&fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}
static void kills_session(void) {
  int fd;
  manner = kKillsSync;
  struct lws_context *context = with_session(&fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}
static void contexts_in_turn(void) {
  for (int i = 0; i < 5; i++) {
    int fd;
    struct lws_context *context = asking_desk(callback_program, 20, "GET", &fd);
    say(fd, SMALL);
    serve_until(context, &completed, i + 1);
    hang_up(context, fd);
    lws_context_destroy(context);
  }
}

const struct corpus_case program_troubles[] = {
    {"listens_and_never_serves", listens_and_never_serves},
    {"stops_serving", stops_serving},
    {"sleeps_and_nobody_waits", sleeps_and_nobody_waits},
    {"exits_in_callback", exits_in_callback},
    {"destroys_in_callback", destroys_in_callback},
    {"destroys_while_connecting", destroys_while_connecting},
    {"exits_while_connecting", exits_while_connecting},
    {"interrupted_with_sessions", interrupted_with_sessions},
    {"forks_before", forks_before},
    {"parent_leaves", parent_leaves},
    {"child_says_no", child_says_no},
    {"runs_another_program", runs_another_program},
    {"shuts_descriptor_down", shuts_descriptor_down},
    {"kills_session", kills_session},
    {"contexts_in_turn", contexts_in_turn},
    {0},
};
