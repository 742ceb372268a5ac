// SPDX-License-Identifier: MIT
//
// This program connects to others, and does not get as far as an answer.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kStepMs = 45, kGraceMs = 700 };

static int failed, connected, completed, ended, retries, rush;
static int retry_port;

static int callback_out(DESK_ARGUMENTS) {
  (void)user;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      failed++;
      if (rush && retries++ < rush) ask(lws_get_context(wsi), "GET", retry_port, 0);
      break;
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_RAW_CONNECTED: connected++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  (void)in;
  return 0;
}

// --- Never answered ---

static void unanswered(const char *method, int count, int step_ms, bool destroys) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = client_desk(callback_out, 20);
  for (int i = 0; i < count; i++) {
    ask(context, method, port, 0);
    serve_for(context, step_ms);
  }
  serve_for(context, kGraceMs);
  if (destroys) lws_context_destroy(context);
}

static void ws_unanswered_many(void) { unanswered(NULL, 7, kStepMs, false); }
static void ws_unanswered_one(void) { unanswered(NULL, 1, 0, false); }
static void get_unanswered_one(void) { unanswered("GET", 1, 0, false); }
static void get_unanswered_until_destroy(void) { unanswered("GET", 3, 0, true); }

// As above, and the handshake of TLS is what nobody answers.
static void tls_unanswered_one(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context_creation_info info = client_info(callback_out, 20);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  struct lws_context *context = start(&info);
  ask(context, "GET", port, LCCSCF_USE_SSL);
  serve_for(context, 1300);
}

// Nobody owes anybody an answer here: the other side may say something some day.
static void raw_waits(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_out, 20);
  ask(context, "RAW", port, 0);
  const int fd = pick_up(context, listener);
  serve_until(context, &connected, 1);
  serve_for(context, 1300);
  say(fd, "some day");
  serve_for(context, 30);
}

static void get_answered_late(void) {
  int fd;
  struct lws_context *context = asking_desk(callback_out, 20, "GET", &fd);
  serve_for(context, kGraceMs);
  say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  serve_until(context, &completed, 1);
  lws_context_destroy(context);
}

// lws gives up waiting for the answer.
static void get_unanswered_until_timeout(void) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = client_desk(callback_out, 1);
  ask(context, "GET", port, 0);
  while (!failed && !ended) serve_for(context, 20);  // 4.1.6 knows no failure here
  lws_context_destroy(context);
}

// --- No connection ---

static void refused(int count) {
  const int port = unused_port();
  struct lws_context *context = client_desk(callback_out, 2);
  for (int i = 0; i < count; i++) {
    ask(context, "GET", port, 0);
    serve_until(context, &failed, i + 1);
    serve_for(context, 60);
  }
  lws_context_destroy(context);
}

static void refused_once(void) { refused(1); }
static void refused_with_pauses(void) { refused(5); }

// Connects again in the very callback that says it failed.
static void refused_in_a_rush(void) {
  retry_port = unused_port();
  rush = 42;
  struct lws_context *context = client_desk(callback_out, 2);
  ask(context, "GET", retry_port, 0);
  serve_until(context, &failed, rush + 1);
  lws_context_destroy(context);
}

static void name_unknown(void) {
  struct lws_context *context = client_desk(callback_out, 2);
  struct lws_client_connect_info info = ask_info(context, "GET", 80, 0);
  info.address = info.host = "depot..invalid";  // an empty label: no resolver asks anybody
  lws_client_connect_via_info(&info);
  serve_for(context, 100);
  lws_context_destroy(context);
}

// The accept queue is full, and the kernel lets the SYN go by without a word.
static int full_port(void) {
  int port;
  listen_on(&port, 0);
  for (int i = 0; i < 3; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd, (struct sockaddr *)&to, sizeof to);
  }
  nap(50);
  return port;
}

static void syn_unanswered(void) {
  const int port = full_port();
  struct lws_context *context = client_desk(callback_out, 1);
  ask(context, "GET", port, 0);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

static void syn_unanswered_at_exit(void) {
  const int port = full_port();
  struct lws_context *context = client_desk(callback_out, 20);
  ask(context, "GET", port, 0);
  serve_for(context, 1300);
}

// --- The loop did not run ---

static void asleep(int ms, unsigned int limit_s, const int *until) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_out, limit_s);
  serve_for(context, 20);
  ask(context, "GET", port, 0);
  nap(ms);
  if (until == &completed) {
    const int fd = pick_up_request(context, listener);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }
  serve_until(context, until, 1);
  lws_context_destroy(context);
}

static void asleep_after_connect(void) { asleep(1700, 1, &failed); }
static void short_sleep_after_connect(void) { asleep(150, 5, &completed); }

// Never served at all: the program has other things to do, and ends.
static void never_serviced(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_out, 5);
  serve_for(context, 20);
  ask(context, NULL, port, 0);
  nap(1300);
}

const struct corpus_case outbound_troubles[] = {
    {"ws_unanswered_many", ws_unanswered_many},
    {"ws_unanswered_one", ws_unanswered_one},
    {"get_unanswered_one", get_unanswered_one},
    {"get_unanswered_until_destroy", get_unanswered_until_destroy},
    {"get_unanswered_until_timeout", get_unanswered_until_timeout},
    {"tls_unanswered_one", tls_unanswered_one},
    {"raw_waits", raw_waits},
    {"get_answered_late", get_answered_late},
    {"refused_once", refused_once},
    {"refused_with_pauses", refused_with_pauses},
    {"refused_in_a_rush", refused_in_a_rush},
    {"name_unknown", name_unknown},
    {"syn_unanswered", syn_unanswered},
    {"syn_unanswered_at_exit", syn_unanswered_at_exit},
    {"asleep_after_connect", asleep_after_connect},
    {"short_sleep_after_connect", short_sleep_after_connect},
    {"never_serviced", never_serviced},
    {0},
};
