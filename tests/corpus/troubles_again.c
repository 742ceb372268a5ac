// SPDX-License-Identifier: MIT
//
// This program connects to others again and again, or in vain, or gets half an answer.
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum body { kNone, kFirstHalf };
enum { kTurns = 150 };  // more than lws's timeout takes

static enum body body;
static int failed, established, completed, ended, retries, attempts, retry_port;

static int callback_again(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: established++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
      ended++;
      if (retries > 0 && retries--) attempts++, ask(lws_get_context(wsi), NULL, retry_port, 0);
      break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
      unsigned char **p = in, *end = *p + len;
      if (body == kNone) break;
      if (lws_add_http_header_content_length(wsi, 10, p, end)) return -1;
      lws_client_http_body_pending(wsi, 1);
      lws_callback_on_writable(wsi);
      break;
    }
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 5];
      if (body == kNone) break;
      body = kNone;
      memcpy(buffer + LWS_PRE, "01234", 5);
      return lws_write(wsi, buffer + LWS_PRE, 5, LWS_WRITE_HTTP) < 5 ? -1 : 0;
    }
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

// --- Sessions that the server ends at once ---

// Serves TIMES sessions: each is established, and closed with code 1008.
static void serve_sessions(struct lws_context *context, int listener, int times) {
  for (int i = 0; i < times; i++) {
    const int fd = pick_up(context, listener);
    accept_upgrade_to(context, fd, "desk");
    serve_until(context, &established, i + 1);
    say_bytes(fd, "\x88\x02\x03\xf0", 4);
    serve_until(context, &ended, i + 1);
    close(fd);
  }
}

// Connects again in the callback that says that the session is closed.
static void sessions_in_a_rush(void) {
  const int listener = listen_on(&retry_port, 64);
  struct lws_context *context = client_desk(callback_again, 5);
  retries = 12;
  ask(context, NULL, retry_port, 0);
  serve_sessions(context, listener, 13);
  lws_context_destroy(context);
}

// The same server, and a program that waits before it tries again.
static void sessions_with_pauses(void) {
  const int listener = listen_on(&retry_port, 64);
  struct lws_context *context = client_desk(callback_again, 5);
  for (int i = 0; i < 5; i++) {
    ended = established = 0;
    ask(context, NULL, retry_port, 0);
    serve_sessions(context, listener, 1);
    serve_for(context, 250);
  }
  lws_context_destroy(context);
}

// --- Nothing to connect with ---

static void no_descriptor_left(void) {
  const struct rlimit few = {.rlim_cur = 40, .rlim_max = 40};
  int port;
  listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_again, 5);
  serve_for(context, 20);
  setrlimit(RLIMIT_NOFILE, &few);
  while (dup(0) >= 0) continue;
  ask(context, "GET", port, 0);
  serve_for(context, 100);
}

// --- Half an answer ---

static void answered_in_part(const char *method, const char *answer, const int *until) {
  int fd;
  struct lws_context *context = asking_desk(callback_again, 1, method, &fd);
  if (answer) say(fd, answer);
  serve_for(context, 60);
  if (!until) hang_up(context, fd);
  for (int turn = 0; !failed && !ended && turn < kTurns; turn++) serve_for(context, 20);
  close(fd);
  lws_context_destroy(context);
}

static void head_cut_off(void) { answered_in_part("GET", "HTTP/1.1 200 OK\r\nContent-Le", NULL); }

// The first half of the body is written, and then no more.
static void post_stops_halfway(void) {
  body = kFirstHalf;
  answered_in_part("POST", NULL, &ended);
}

// Each answer sends it on to the next address, round and round.
static void redirected_in_a_circle(void) {
  int port, fds[8], count = 0;
  char moved[256];
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_again, 20);
  fcntl(listener, F_SETFL, O_NONBLOCK);
  ask(context, "GET", port, 0);
  for (int turn = 0; !failed && !ended && count < 8 && turn < 4 * kTurns; turn++) {
    serve_for(context, 5);
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    read_head(context, fd);
    snprintf(moved, sizeof moved, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/%d\r\nContent-Length: 0\r\n\r\n",
             port, count);
    say(fd, moved);
    fds[count++] = fd;
  }
  while (count > 0) close(fds[--count]);
  lws_context_destroy(context);
}

const struct corpus_case again_troubles[] = {
    {"sessions_in_a_rush", sessions_in_a_rush},
    {"sessions_with_pauses", sessions_with_pauses},
    {"no_descriptor_left", no_descriptor_left},
    {"head_cut_off", head_cut_off},
    {"post_stops_halfway", post_stops_halfway},
    {"redirected_in_a_circle", redirected_in_a_circle},
    {0},
};
