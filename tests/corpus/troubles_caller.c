// SPDX-License-Identifier: MIT
//
// Clients that use what is gone, whose loop does not serve them, or that do not look at what an answer says.
#include <pthread.h>
#include <stdio.h>
#include <uv.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum manner { kReads, kAddsHeader, kPosts, kWritesRequest };

static enum manner manner;
static int failed, established, completed, ended;
static struct lws *last;

static int write_some(struct lws *wsi, const char *text, enum lws_write_protocol how) {
  unsigned char buffer[LWS_PRE + 128];
  const size_t bytes = strlen(text);
  memcpy(buffer + LWS_PRE, text, bytes);
  return lws_write(wsi, buffer + LWS_PRE, bytes, how) < (int)bytes ? -1 : 0;
}

static int add_headers(struct lws *wsi, unsigned char **p, unsigned char *end) {
  if (manner == kAddsHeader)  // the name has no colon
    return lws_add_http_header_by_name(wsi, (const unsigned char *)"Authorization", (const unsigned char *)"Bearer x",
                                       8, p, end);
  if (manner != kPosts) return 0;
  if (lws_add_http_header_content_length(wsi, 10, p, end)) return -1;
  lws_client_http_body_pending(wsi, 1);
  lws_callback_on_writable(wsi);
  return 0;
}

static int callback_caller(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_headers(wsi, in, *(unsigned char **)in + len);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
      if (manner != kPosts) break;
      lws_client_http_body_pending(wsi, 0);
      return write_some(wsi, "0123456789", LWS_WRITE_HTTP_FINAL);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      established++;
      if (manner == kWritesRequest) write_some(wsi, TROUBLE_GET("/order"), LWS_WRITE_HTTP);
      break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      established++;
      last = wsi;
      break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(unsigned int seconds) { return client_desk(callback_caller, seconds); }

static struct lws_context *session(int *fd, const lws_retry_bo_t *policy) {
  struct lws_context_creation_info info = client_info(callback_caller, 20);
  info.retry_and_idle_policy = policy;
  const int before = established;
  struct lws_context *context = start_asking(&info, NULL, fd);
  serve_until(context, &established, before + 1);
  return context;
}

// The server says goodbye.
static void finish_session(struct lws_context *context, int fd) {
  const int before = ended;
  say_bytes(fd, "\x88\x02\x03\xe8", 4);
  serve_until(context, &ended, before + 1);
  close(fd);
}

// --- A crash ---

static void crashes_with_dead_wsi(void) {
  int fd;
  struct lws_context *context = session(&fd, NULL);
  finish_session(context, fd);
  serve_for(context, 30);
  lws_callback_on_writable(last);
  abort();
}

// --- The loop of a library ---

static void turn(uv_loop_t *loop, int times) {
  for (int i = 0; i < times; i++) {
    uv_run(loop, UV_RUN_NOWAIT);
    nap(1);
  }
}
static void by_libuv(bool destroys_again) {
  static uv_loop_t loop;
  static void *loops[] = {&loop};
  uv_loop_init(&loop);
  struct lws_context_creation_info info = client_info(callback_caller, 5);
  info.options |= LWS_SERVER_OPTION_LIBUV;
  info.foreign_loops = loops;
  struct lws_context *context = start(&info);
  turn(&loop, 50);
  lws_context_destroy(context);
  turn(&loop, 50);
  if (destroys_again) lws_context_destroy(context);
}
static void library_loop_destroyed_once(void) { by_libuv(false); }
static void library_loop_destroyed_twice(void) { by_libuv(true); }
static void library_loop_never_runs(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context_creation_info info = client_info(callback_caller, 5);
  info.options |= LWS_SERVER_OPTION_LIBUV;
  ask(start(&info), NULL, port, 0);
  nap(1300);
}

// --- A loop that sleeps ---

static volatile int is_over;
static void *serve(void *context) {
  while (!is_over) lws_service(context, 0);
  return NULL;
}
static void connects_beside_sleeping_loop(void) {
  int port;
  pthread_t loop;
  listen_on(&port, 8);
  struct lws_context *context = client(20);
  pthread_create(&loop, NULL, serve, context);
  nap(200);
  ask(context, NULL, port, 0);
  nap(1300);
  is_over = 1;
  lws_cancel_service(context);
  pthread_join(loop, NULL);
  lws_context_destroy(context);
}

// --- Idle sessions ---

static void hangs_up_before_ping(void) {
  static const lws_retry_bo_t policy = {.secs_since_valid_ping = 5, .secs_since_valid_hangup = 1};
  int fd;
  struct lws_context *context = session(&fd, &policy);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void hears_before_hangup(void) {
  static const lws_retry_bo_t policy = {.secs_since_valid_ping = 5, .secs_since_valid_hangup = 3};
  int fd;
  struct lws_context *context = session(&fd, &policy);
  for (int i = 0; i < 5; i++) {
    serve_for(context, 300);
    say_bytes(fd, "\x81\x02ok", 4);
  }
  finish_session(context, fd);
  lws_context_destroy(context);
}

// --- Answers ---

static void answered(const char *answer, int ms, bool destroys) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(20);
  ask(context, manner == kPosts ? "POST" : "GET", port, 0);
  const int fd = pick_up_request(context, listener);
  say(fd, answer);
  serve_for(context, ms);
  if (!destroys) return;
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void redirect_without_location(void) { answered("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 200, true); }
static void header_without_colon(void) {
  manner = kAddsHeader;
  answered("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 200, true);
}
static void writes_second_request(void) {
  manner = kWritesRequest;
  answered("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\"\r\nContent-Length: 0\r\n\r\n", 200, true);
}
static void post_is_redirected(void) {
  int port;
  char moved[256];
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(5);
  manner = kPosts;
  ask(context, "POST", port, 0);
  const int first = pick_up_request(context, listener);
  snprintf(moved, sizeof moved,
           "HTTP/1.1 303 See Other\r\nLocation: http://127.0.0.1:%d/done\r\nContent-Length: 0\r\n\r\n", port);
  say(first, moved);
  const int second = pick_up_request(context, listener);
  say(second, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
  serve_until(context, &completed, 1);
  hang_up(context, second);
  close(first);
  lws_context_destroy(context);
}

// --- What the connect is given ---

static void address_null(void) {
  struct lws_context *context = client(2);
  struct lws_client_connect_info info = ask_info(context, NULL, 7681, 0);
  info.address = NULL;
  if (lws_client_connect_via_info(&info)) give_up("connected to nowhere");
  serve_for(context, 50);
  lws_context_destroy(context);
}
// --- HTTP/2 without TLS ---

static void h2_server_leaves(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(5);
  ask(context, "GET", port, LCCSCF_H2_PRIOR_KNOWLEDGE);
  const int fd = pick_up(context, listener);
  expect(context, fd, "SM\r\n\r\n");
  say_h2(fd, kSettings, 0, 0, "\0\x03\0\0\0\x64", 6);  // lws sends its request when some setting has come
  serve_for(context, 100);
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

const struct corpus_case caller_troubles[] = {
    {"crashes_with_dead_wsi", crashes_with_dead_wsi},
    {"library_loop_destroyed_once", library_loop_destroyed_once},
    {"library_loop_destroyed_twice", library_loop_destroyed_twice},
    {"library_loop_never_runs", library_loop_never_runs},
    {"connects_beside_sleeping_loop", connects_beside_sleeping_loop},
    {"hangs_up_before_ping", hangs_up_before_ping},
    {"hears_before_hangup", hears_before_hangup},
    {"redirect_without_location", redirect_without_location},
    {"header_without_colon", header_without_colon},
    {"writes_second_request", writes_second_request},
    {"post_is_redirected", post_is_redirected},
    {"address_null", address_null},
    {"h2_server_leaves", h2_server_leaves},
    {0},
};
