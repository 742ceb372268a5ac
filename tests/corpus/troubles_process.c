// SPDX-License-Identifier: MIT
//
// What goes wrong around the connections of a server: descriptors with two owners, two threads on one context, loops that
// sleep, vhosts and contexts that go while somebody is there, listeners that never are.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kAWhileMs = 650 };

static enum { kAnswers, kEndsByResult, kFloods, kClosesWithCode, kRefuses, kKills } manner;
static int established, ended, received, kept = -1;
static struct lws *last;

static int callback_process(DESK_ARGUMENTS) {
  static unsigned char many[LWS_PRE + 65536];
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_ESTABLISHED:
      established++;
      last = wsi;
      if (manner == kFloods) lws_callback_on_writable(wsi);
      return manner == kRefuses ? -1 : 0;
    case LWS_CALLBACK_RECEIVE:
      received++;
      last = wsi;
      if (manner == kEndsByResult) {
        memcpy(many + LWS_PRE, "echo", 4);
        return lws_write(wsi, many + LWS_PRE, 4, LWS_WRITE_TEXT);
      }
      if (manner == kKills) lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      if (manner == kClosesWithCode) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
        return -1;
      }
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      if (manner != kFloods) break;
      if (lws_write(wsi, many + LWS_PRE, sizeof many - LWS_PRE, LWS_WRITE_BINARY) < 0) return -1;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_RAW_RX: received++; return manner == kRefuses ? -1 : 0;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE: ended++; break;
    default: break;
  }
  return 0;
}

// --- Sessions ---

// lws_write() returns a count, and a callback that returns one ends its connection.
static void result_of_write_ends_session(void) {
  manner = kEndsByResult;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = enter(context);
  say_frame(fd, "hello");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void session_refused_at_once(void) {
  manner = kRefuses;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = enter(context);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void session_killed(void) {
  manner = kKills;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = enter(context);
  say_frame(fd, "hello");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void close_frame_unanswered(void) {
  manner = kClosesWithCode;
  struct lws_context *context = desk(callback_process, 1);
  const int fd = enter(context);
  say_frame(fd, "hello");
  for (int turns = 0; !ended && turns < 1000; turns++) serve_for(context, 20);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// The peer does not read, and the program does not look at what waits.
static void peer_does_not_read(void) {
  manner = kFloods;
  struct lws_context *context = desk(callback_process, 20);
  enter(context);
  serve_for(context, 1200);
}

// --- Raw ---

static int adopt_socket(struct lws_context *context) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends)) give_up("no sockets");
  const lws_sock_file_fd_type given = {.sockfd = ends[0]};
  kept = ends[0];
  last = lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "desk", NULL);
  if (!last) give_up("not adopted");
  return ends[1];
}

static void handler_ends_raw(void) {
  manner = kRefuses;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = adopt_socket(context);
  say(fd, "hello");
  expect_end(context, fd);
  lws_context_destroy(context);
}

// lws owns what it has adopted; the program closes it, too.
static void owner_closes_adopted(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = adopt_socket(context);
  serve_for(context, 50);
  close(kept);
  serve_for(context, kAWhileMs);
  close(fd);
  lws_context_destroy(context);
}

// ... after lws has: the number is that of another connection by then.
static void owner_closes_number_again(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = adopt_socket(context);
  serve_for(context, 50);
  hang_up(context, fd);
  serve_for(context, 50);
  const int here = dup(0), visitor = dial(port_of(context, "app"));
  if (here != kept) give_up("the number has gone to another");
  close(here);
  upgrade(context, visitor, "desk");
  close(kept);
  serve_for(context, kAWhileMs);
  lws_context_destroy(context);
}

// --- Threads, loops ---

static volatile int stop;
static void *serve_on_thread(void *context) {
  while (!stop) lws_service(context, 0);
  return NULL;
}

static void two_threads_serve(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_process, 20);
  pthread_t thread;
  pthread_create(&thread, NULL, serve_on_thread, context);
  const int fd = enter(context);
  for (int i = 0; i < 20; i++) {
    say_frame(fd, "hello");
    usleep(5000);
    lws_service(context, -1);
  }
  stop = 1;
  lws_cancel_service(context);
  pthread_join(thread, NULL);
  lws_context_destroy(context);
}

// Something else keeps the thread between two turns.
static void loop_sleeps_between_turns(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_process, 20);
  for (int i = 0; i < 3; i++) {
    const int fd = dial(port_of(context, "app"));
    say(fd, TROUBLE_GET("/order"));
    nap(700);
    expect(context, fd, "hello\n");
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

// --- Vhosts and contexts ---

static void vhost_goes_with_sessions(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_process, 20);
  const int fds[2] = {enter(context), enter(context)};
  lws_vhost_destroy(lws_get_vhost_by_name(context, "app"));
  serve_for(context, 300);
  for (int i = 0; i < 2; i++) close(fds[i]);
}

static void uses_session_after_close(void) {
  manner = kAnswers;
  struct lws_context *context = desk(callback_process, 20);
  const int fd = enter(context);
  hang_up(context, fd);
  serve_for(context, 50);
  if (!ended) give_up("it is still there");
  lws_callback_on_writable(last);
  serve_for(context, 50);
  lws_context_destroy(context);
}

// --- Listeners that never are ---

static void made_in_vain(struct lws_context_creation_info info) {
  struct lws_context *context = lws_create_context(&info);
  if (!context) {
    fprintf(stderr, "no context\n");
    exit(3);
  }
  serve_for(context, 200);
  lws_context_destroy(context);
}

static void interface_unknown(void) {
  struct lws_context_creation_info info = desk_info(callback_process, 20);
  info.iface = "eth99";
  made_in_vain(info);
}

static void certificate_file_missing(void) {
  struct lws_context_creation_info info = desk_info(callback_process, 20);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.ssl_cert_filepath = "/srv/no/such/certificate.pem";
  info.ssl_private_key_filepath = "/srv/no/such/key.pem";
  made_in_vain(info);
}

static void socket_folder_missing(void) {
  struct lws_context_creation_info info = desk_info(callback_process, 20);
  info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
  info.iface = "/srv/no/such/folder/desk.sock";
  made_in_vain(info);
}

const struct corpus_case process_troubles[] = {
    {"result_of_write_ends_session", result_of_write_ends_session},
    {"session_refused_at_once", session_refused_at_once},
    {"session_killed", session_killed},
    {"handler_ends_raw", handler_ends_raw},
    {"close_frame_unanswered", close_frame_unanswered},
    {"peer_does_not_read", peer_does_not_read},
    {"owner_closes_adopted", owner_closes_adopted},
    {"owner_closes_number_again", owner_closes_number_again},
    {"two_threads_serve", two_threads_serve},
    {"loop_sleeps_between_turns", loop_sleeps_between_turns},
    {"vhost_goes_with_sessions", vhost_goes_with_sessions},
    {"uses_session_after_close", uses_session_after_close},
    {"interface_unknown", interface_unknown},
    {"certificate_file_missing", certificate_file_missing},
    {"socket_folder_missing", socket_folder_missing},
    {0},
};
