// SPDX-License-Identifier: MIT
//
// Contexts that nobody serves, or that end elsewhere, and connects that come to nothing before there is a connection.
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum manner { kPlain, kInitFails, kInitAllocates, kInitAllocatesAndFails, kReconnects };
enum { kTurns = 13, kTurnMs = 100 };

static enum manner manner;
static int established, completed, failed, ended;
static int port;
static volatile int done, woken;
static struct lws_context *shared;

static int callback_contexts(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_PROTOCOL_INIT:
      if (manner == kInitAllocates || manner == kInitAllocatesAndFails)
        lws_protocol_vh_priv_zalloc(lws_get_vhost(wsi), lws_get_protocol(wsi), 64);
      return manner == kInitFails || manner == kInitAllocatesAndFails;
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_CLIENT_ESTABLISHED: established++; break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: woken++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
      ended++;
      if (manner == kReconnects) ask(lws_get_context(wsi), NULL, port, 0);
      break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(void) { return client_desk(callback_contexts, 20); }

// A server that says nothing more, and a session with it.
static struct lws_context *with_session(int *fd) {
  struct lws_context *context = asking_desk(callback_contexts, 20, NULL, fd);
  serve_until(context, &established, 1);
  return context;
}

static void say_goodbye(struct lws_context *context, int fd) {
  say_bytes(fd, "\x88\x02\x03\xe8", 4);
  serve_for(context, 100);
  close(fd);
}

// --- Two contexts ---

// The first is a server that is served. The second is made for a client, and is not.
static void second_is_not_served(bool destroys) {
  listen_on(&port, 8);
  struct lws_context *first = desk(callback_contexts, 20), *second = client();
  const int visitor = dial(port_of(first, "app"));
  ask(second, "GET", port, 0);
  for (int i = 0; i < kTurns; i++) {
    get(first, visitor, "/order");
    serve_for(first, kTurnMs);
  }
  hang_up(first, visitor);
  if (!destroys) return;
  lws_context_destroy(second);
  lws_context_destroy(first);
}
static void another_context_is_served(void) { second_is_not_served(true); }
static void another_context_until_exit(void) { second_is_not_served(false); }

// Both on one thread, in turn: lws_service() of one sleeps, and somebody asks the other.
static int visiting;
static void *visits(void *fd) {
  char got[512] = "";
  nap(100);
  say(visiting, TROUBLE_GET("/order"));
  nap(1500);
  say_bytes(*(int *)fd, "\x81\x02ok", 4);
  while (!strstr(got, "hello"))
    if (recv(visiting, got, sizeof got - 1, 0) <= 0) give_up("no answer came");
  done = 1;
  lws_cancel_service(shared);
  return NULL;
}
static void contexts_share_a_thread(void) {
  int fd;
  pthread_t other;
  shared = with_session(&fd);
  struct lws_context *server = desk(callback_contexts, 20);
  visiting = dial(port_of(server, "app"));
  get(server, visiting, "/order");
  pthread_create(&other, NULL, visits, &fd);
  while (!done) {
    lws_service(shared, 50);
    for (int i = 0; i < 5 && !done; i++) serve_for(server, 5);
  }
  pthread_join(other, NULL);
  say_goodbye(shared, fd);
  hang_up(server, visiting);
  lws_context_destroy(shared);
  lws_context_destroy(server);
}

// lws was told of two service threads, and the program runs the first of them, or both.
static void *serves_the_other(void *context) {
  while (!done) lws_service_tsi(context, 0, 1);
  return NULL;
}
static void two_threads(bool runs_both) {
  int fds[16];
  char got[512];
  pthread_t other;
  struct lws_context_creation_info info = desk_info(callback_contexts, 20);
  info.count_threads = 2;
  struct lws_context *context = start(&info);
  if (lws_get_count_threads(context) != 2) give_up("lws was built for one thread");
  if (runs_both) pthread_create(&other, NULL, serves_the_other, context);
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
    fds[i] = dial(port_of(context, "app"));
    say(fds[i], TROUBLE_GET("/order"));
    serve_for(context, 5);
  }
  for (int turn = 0; turn < kTurns; turn++) {
    serve_for(context, kTurnMs);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
      if (recv(fds[i], got, sizeof got, MSG_DONTWAIT) > 0) say(fds[i], TROUBLE_GET("/order"));
  }
  done = 1;
  lws_cancel_service(context);
  if (runs_both) pthread_join(other, NULL);
  lws_context_destroy(context);
}
static void one_of_two_threads_runs(void) { two_threads(false); }
static void both_threads_run(void) { two_threads(true); }

// --- The end of a context ---

static void *destroys_shared(void *nothing) {
  lws_context_destroy(shared);
  return nothing;
}
static void *serves_shared(void *nothing) {
  while (!done) lws_service(shared, 0);
  return nothing;
}
// While the loop runs on another thread, or after that one has ended.
static void destroyed_elsewhere(bool joins_first) {
  int fd;
  pthread_t loop, other;
  shared = with_session(&fd);
  pthread_create(&loop, NULL, serves_shared, NULL);
  while (!woken) {
    lws_cancel_service(shared);
    nap(20);
  }
  nap(300);
  done = 1;
  if (joins_first) {
    lws_cancel_service(shared);
    pthread_join(loop, NULL);
    lws_context_destroy(shared);
    close(fd);
    return;
  }
  pthread_create(&other, NULL, destroys_shared, NULL);
  nap(300);
  _exit(0);  // whether the loop comes to its end is a matter of luck
}
static void destroyed_beside_loop(void) { destroyed_elsewhere(false); }
static void destroyed_after_loop(void) { destroyed_elsewhere(true); }

// --- Connects that come back empty ---

static void asks_in_vain(void) {
  listen_on(&port, 8);
  struct lws_context *context = client();
  for (int i = 0; i < 3; i++) {
    ask(context, NULL, port, 0);
    serve_for(context, 50);
  }
  lws_context_destroy(context);
}
static void init_returns_one(void) {
  manner = kInitFails;
  asks_in_vain();
}
static void init_returns_one_later(void) {
  manner = kInitAllocatesAndFails;
  asks_in_vain();
}
static void init_allocates(void) {
  int fd;
  manner = kInitAllocates;
  struct lws_context *context = with_session(&fd);
  say_goodbye(context, fd);
  lws_context_destroy(context);
}
static void no_vhost_to_connect_from(void) {
  struct lws_context_creation_info info = desk_info(callback_contexts, 20);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  struct lws_context *context = start(&info);
  listen_on(&port, 8);
  for (int i = 0; i < 3; i++) ask(context, NULL, port, 0);
  lws_context_destroy(context);
}
// What such a program means for later comes in the middle of the end, too.
static void reconnects_at_destroy(void) {
  int fd;
  struct lws_context *context = with_session(&fd);
  listen_on(&port, 8);
  serve_for(context, 30);
  manner = kReconnects;
  lws_context_destroy(context);
}
static void method_unknown(void) {
  listen_on(&port, 8);
  struct lws_context *context = client();
  for (int i = 0; i < 3; i++) {
    ask(context, "MQTT", port, 0);
    serve_for(context, 50);
  }
  lws_context_destroy(context);
}

// --- Names of protocols ---

static void asks_as(const char *offered, const char *local, const char *chosen) {
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  struct lws_client_connect_info info = ask_info(context, NULL, port, 0);
  info.protocol = offered;
  info.local_protocol_name = local;
  lws_client_connect_via_info(&info);
  const int fd = pick_up(context, listener);
  accept_upgrade_to(context, fd, chosen);
  serve_for(context, 100);
  say_goodbye(context, fd);
  lws_context_destroy(context);
}
static void local_protocol_unknown(void) { asks_as("desk", "kitchen", "desk"); }
static void protocol_unknown_here(void) { asks_as("kitchen", NULL, "kitchen"); }
static void protocol_known_here(void) { asks_as("kitchen", "desk", "kitchen"); }

const struct corpus_case context_troubles[] = {
    {"another_context_is_served", another_context_is_served},
    {"another_context_until_exit", another_context_until_exit},
    {"contexts_share_a_thread", contexts_share_a_thread},
    {"one_of_two_threads_runs", one_of_two_threads_runs},
    {"both_threads_run", both_threads_run},
    {"destroyed_beside_loop", destroyed_beside_loop},
    {"destroyed_after_loop", destroyed_after_loop},
    {"init_returns_one", init_returns_one},
    {"init_returns_one_later", init_returns_one_later},
    {"init_allocates", init_allocates},
    {"no_vhost_to_connect_from", no_vhost_to_connect_from},
    {"reconnects_at_destroy", reconnects_at_destroy},
    {"method_unknown", method_unknown},
    {"local_protocol_unknown", local_protocol_unknown},
    {"protocol_unknown_here", protocol_unknown_here},
    {"protocol_known_here", protocol_known_here},
    {0},
};
