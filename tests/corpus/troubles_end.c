// SPDX-License-Identifier: MIT
//
// How the program itself ends, and what is open then; and programs without connections.
#include <signal.h>

#include "troubles.h"

enum { kSessions = 3 };

static int established, closed_sessions;

static int callback_end(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: established++; break;
    case LWS_CALLBACK_CLOSED: closed_sessions++; break;
    case LWS_CALLBACK_HTTP: lws_set_timer_usecs(wsi, 5 * LWS_US_PER_SEC); break;
    default: break;
  }
  return 0;
}

static struct lws_context *with_sessions(int *fds) {
  struct lws_context *context = desk(callback_end, 20);
  for (int i = 0; i < kSessions; i++) {
    fds[i] = enter(context);
    say_frame(fds[i], "here");
  }
  serve_until(context, &established, kSessions);
  serve_for(context, 50);
  return context;
}

static int fds[kSessions];

static void crashes(void) {
  with_sessions(fds);
  raise(SIGSEGV);
}
static void aborts(void) {
  with_sessions(fds);
  abort();
}
static void is_terminated(void) {
  with_sessions(fds);
  raise(SIGTERM);
}
static void is_killed(void) {
  with_sessions(fds);
  raise(SIGKILL);
}
static void leaves_with_sessions(void) {
  with_sessions(fds);
  _exit(0);
}
static void returns_with_sessions(void) { with_sessions(fds); }
static void destroys_with_sessions(void) { lws_context_destroy(with_sessions(fds)); }

static void destroys_in_work(void) {
  struct lws_context *context = desk(callback_end, 20);
  for (int i = 0; i < kSessions; i++) {
    fds[i] = dial(port_of(context, "app"));
    say(fds[i], TROUBLE_GET("/order"));
  }
  serve_for(context, 60);
  lws_context_destroy(context);
}

// The first protocol is told of itself with a wsi that stands for no connection.
static void only_stand_ins(void) {
  struct lws_context *context = client_desk(callback_end, 1);
  serve_for(context, 10);
  for (int turn = 0; turn < 7; turn++) {
    lws_cancel_service(context);
    serve_for(context, 2);
  }
  lws_context_destroy(context);
}

static void only_a_listener(void) {
  struct lws_context *context = desk(callback_end, 1);
  serve_for(context, 100);
  lws_context_destroy(context);
}

const struct corpus_case end_troubles[] = {
    {"crashes", crashes},
    {"aborts", aborts},
    {"is_terminated", is_terminated},
    {"is_killed", is_killed},
    {"leaves_with_sessions", leaves_with_sessions},
    {"returns_with_sessions", returns_with_sessions},
    {"destroys_with_sessions", destroys_with_sessions},
    {"destroys_in_work", destroys_in_work},
    {"only_stand_ins", only_stand_ins},
    {"only_a_listener", only_a_listener},
    {0},
};
