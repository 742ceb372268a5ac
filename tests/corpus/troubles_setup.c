// SPDX-License-Identifier: MIT
//
// Threads that call lws beside its loop, loops that sleep too long or run for somebody else, and clients that wait.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <uv.h>

#include "troubles.h"

enum manner { kWrites, kConnects, kSetsTimeout, kOnlyWakes };

static enum manner manner;
static int established, ended, woken;
static volatile int done;
static struct lws *session;
static struct lws_context *shared;
static int port;

static int callback_setup(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      session = wsi;
      established++;
      break;
    case LWS_CALLBACK_CLIENT_CLOSED: ended++; break;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: woken++; break;
    default: break;
  }
  return 0;
}

// --- Threads ---

// Until the thread of the loop sleeps in lws_service(): nothing else of what it does there waits.
static void wait_for_loop(void) {
  char path[64], state = 'R';
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
  for (int looks = 0; state != 'S' && looks < 60000; looks++) {
    nap(1);
    FILE *stat = fopen(path, "re");
    if (!stat || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1) state = 'R';
    if (stat) fclose(stat);
  }
  if (state != 'S') give_up("the loop does not sleep");
}

static void *beside(void *nothing) {
  for (int i = 0; i < (manner == kConnects ? 1 : 5); i++) {
    nap(100);
    wait_for_loop();
    if (manner == kWrites) {
      unsigned char buffer[LWS_PRE + 8];
      memcpy(buffer + LWS_PRE, "from me!", 8);
      lws_write(session, buffer + LWS_PRE, 8, LWS_WRITE_TEXT);
    }
    if (manner == kConnects) ask(shared, NULL, port, 0);
    if (manner == kSetsTimeout) lws_set_timeout(session, PENDING_TIMEOUT_USER_OK, 60);
    lws_cancel_service(shared);
  }
  done = 1;
  lws_cancel_service(shared);
  return nothing;
}

static void with_thread(enum manner how) {
  const int listener = listen_on(&port, 8);
  manner = how;
  shared = client_desk(callback_setup, 20);
  ask(shared, NULL, port, 0);
  const int fd = pick_up(shared, listener);
  accept_upgrade_to(shared, fd, "desk");
  serve_until(shared, &established, 1);
  pthread_t other;
  pthread_create(&other, NULL, beside, NULL);
  while (!done) lws_service(shared, 0);
  pthread_join(other, NULL);
  if (manner == kConnects) {
    const int second = pick_up(shared, listener);
    accept_upgrade_to(shared, second, "desk");
    serve_until(shared, &established, 2);
    hang_up(shared, second);
  }
  hang_up(shared, fd);
  lws_context_destroy(shared);
}
static void thread_writes(void) { with_thread(kWrites); }
static void thread_connects(void) { with_thread(kConnects); }
static void thread_sets_timeout(void) { with_thread(kSetsTimeout); }
static void thread_only_wakes(void) { with_thread(kOnlyWakes); }

// --- Sleep ---

static void *knocks(void *fd) {
  for (int i = 0; i < 3; i++) {
    nap(900);
    say_bytes(*(int *)fd, "\x81\x02ok", 4);
  }
  done = 1;
  lws_cancel_service(shared);
  return NULL;
}
// Means to send something each 50 ms.
static void oversleeps(void) {
  int fd;
  shared = asking_desk(callback_setup, 20, NULL, &fd);
  serve_until(shared, &established, 1);
  pthread_t other;
  pthread_create(&other, NULL, knocks, &fd);
  while (!done) lws_service(shared, 50);
  pthread_join(other, NULL);
  hang_up(shared, fd);
  lws_context_destroy(shared);
}
// --- Loops of several contexts, and of the application ---

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define REFUSAL(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"
enum { kTurns = 13, kTurnMs = 100 };

static int completed, written;

static int callback_loops(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      session = wsi;
      established++;
      break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: written++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(void) { return client_desk(callback_loops, 20); }

// A server that says nothing more, and a session with it.
static struct lws_context *with_session(int *fd) {
  struct lws_context *context = asking_desk(callback_loops, 20, NULL, fd);
  serve_until(context, &established, 1);
  return context;
}

static void both_contexts_are_served(void) {
  const int listener = listen_on(&port, 8);
  struct lws_context *first = desk(callback_loops, 20), *second = client();
  const int visitor = dial(port_of(first, "app"));
  ask(second, "GET", port, 0);
  for (int i = 0; i < kTurns; i++) {
    get(first, visitor, "/order");
    serve_for(second, kTurnMs);
  }
  const int fd = pick_up_request(second, listener);
  say(fd, SMALL);
  serve_until(second, &completed, 1);
  hang_up(second, fd);
  hang_up(first, visitor);
  lws_context_destroy(second);
  lws_context_destroy(first);
}

static void *serves_shared(void *nothing) {
  while (!done) lws_service(shared, 0);
  return nothing;
}
static void contexts_on_two_threads(void) {
  pthread_t other;
  shared = desk(callback_loops, 20);
  const int server = port_of(shared, "app");
  struct lws_context *context = client();
  pthread_create(&other, NULL, serves_shared, NULL);
  for (int i = 0; i < 5; i++) {
    ask(context, "GET", server, 0);
    serve_until(context, &completed, i + 1);
    serve_for(context, kTurnMs);
  }
  done = 1;
  lws_cancel_service(shared);
  pthread_join(other, NULL);
  lws_context_destroy(context);
  lws_context_destroy(shared);
}

static uv_loop_t loop;

static void on_uv_loop(bool has_option) {
  static void *loops[1] = {&loop};
  struct lws_context *alive = NULL;
  const int listener = listen_on(&port, 8);
  uv_loop_init(&loop);
  struct lws_context_creation_info info = client_info(callback_loops, 20);
  info.foreign_loops = loops;
  info.pcontext = &alive;
  if (has_option) info.options |= LWS_SERVER_OPTION_LIBUV;
  alive = start(&info);
  ask(alive, "GET", port, 0);
  const int fd = accept(listener, NULL, NULL);
  for (int turn = 0; turn < kTurns * kTurnMs; turn++) {
    if (turn == 20) say(fd, SMALL);
    uv_run(&loop, UV_RUN_NOWAIT);
    nap(1);
  }
  if (has_option != (completed == 1)) give_up("not the answer that was meant");
  lws_context_destroy(alive);
  uv_run(&loop, UV_RUN_DEFAULT);
  if (has_option && alive) lws_context_destroy(alive);
  close(fd);
}
static void foreign_loop_without_option(void) { on_uv_loop(false); }
static void foreign_loop_with_option(void) { on_uv_loop(true); }

static void *broadcasts(void *fd) {
  nap(100);
  lws_callback_on_writable_all_protocol(shared, lws_get_protocol(session));
  nap(1200);
  done = 1;
  say_bytes(*(int *)fd, "\x81\x02ok", 4);
  return NULL;
}
static void broadcast_wakes_nobody(void) {
  int fd;
  pthread_t other;
  shared = with_session(&fd);
  serve_for(shared, 30);
  pthread_create(&other, NULL, broadcasts, &fd);
  while (!done || !written) lws_service(shared, 0);
  pthread_join(other, NULL);
  say_bytes(fd, "\x88\x02\x03\xe8", 4);
  serve_until(shared, &ended, 1);
  close(fd);
  lws_context_destroy(shared);
}

// --- What the server says ---

// Nothing for a while, and then no goodbye.
static void idle_session_is_cut(void) {
  int fd;
  struct lws_context *context = with_session(&fd);
  serve_for(context, 1300);
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void answered(const char *method, int flags, const char *text, size_t bytes) {
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, method, port, flags);
  const int fd = pick_up_request(context, listener);
  say_bytes(fd, text, bytes);
  hang_up(context, fd);
  serve_for(context, 100);
  lws_context_destroy(context);
}
static void websocket_answered(const char *text) { answered(NULL, 0, text, strlen(text)); }
static void ws_answered_400(void) { websocket_answered(REFUSAL("400 Bad Request")); }
static void ws_answered_405(void) { websocket_answered(REFUSAL("405 Method Not Allowed")); }
static void ws_answered_426(void) { websocket_answered(REFUSAL("426 Upgrade Required")); }
static void ws_answered_429(void) { websocket_answered(REFUSAL("429 Too Many Requests")); }
static void port_speaks_tls(void) { answered("GET", 0, "\x15\x03\x01\x00\x02\x02\x46", 7); }

const struct corpus_case setup_troubles[] = {
    {"thread_writes", thread_writes},
    {"thread_connects", thread_connects},
    {"thread_sets_timeout", thread_sets_timeout},
    {"thread_only_wakes", thread_only_wakes},
    {"oversleeps", oversleeps},
    {"both_contexts_are_served", both_contexts_are_served},
    {"contexts_on_two_threads", contexts_on_two_threads},
    {"foreign_loop_without_option", foreign_loop_without_option},
    {"foreign_loop_with_option", foreign_loop_with_option},
    {"broadcast_wakes_nobody", broadcast_wakes_nobody},
    {"idle_session_is_cut", idle_session_is_cut},
    {"ws_answered_400", ws_answered_400},
    {"ws_answered_405", ws_answered_405},
    {"ws_answered_426", ws_answered_426},
    {"ws_answered_429", ws_answered_429},
    {"port_speaks_tls", port_speaks_tls},
    {0},
};
