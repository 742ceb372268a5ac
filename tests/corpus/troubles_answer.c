// SPDX-License-Identifier: MIT
//
// This program connects to others, and the answer is not what it waits for.
#include <sys/socket.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static int failed, established, completed, ended, stubborn;

static int callback_out(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: established++; return stubborn == 1 ? -1 : 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; return stubborn == 2 ? -1 : 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

// COUNT requests, each over a connection of its own; the server says ANSWER (NULL: nothing) to each and hangs up.
static void answered(const char *method, int count, const char *answer, bool by_reset) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_out, 5);
  for (int i = 0; i < count; i++) {
    ask(context, method, port, 0);
    const int fd = pick_up_request(context, listener);
    if (answer) say(fd, answer);
    serve_for(context, 60);
    if (by_reset) reset(context, fd);
    else hang_up(context, fd);
    serve_for(context, 40);
  }
  lws_context_destroy(context);
}

static void get_hung_up_on(void) { answered("GET", 3, NULL, false); }
static void get_reset(void) { answered("GET", 1, NULL, true); }
static void ws_hung_up_on(void) { answered(NULL, 1, NULL, false); }
static void body_cut_off(void) { answered("GET", 3, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly this", false); }
static void body_reset(void) { answered("GET", 1, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly this", true); }
static void chunks_cut_off(void) {
  answered("GET", 1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false);
}

static void answer_then_end(void) { answered("GET", 3, SMALL, false); }
static void answer_until_end(void) {
  answered("GET", 2, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it", false);
}
static void answer_in_chunks(void) {
  answered("GET", 2, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false);
}
static void answer_not_found(void) { answered("GET", 1, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false); }

static void ws_answered_200(void) { answered(NULL, 2, SMALL, false); }
static void ws_answered_403(void) { answered(NULL, 1, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", false); }
static void ws_answered_nonsense(void) { answered(NULL, 1, "SSH-2.0-OpenSSH_9.2\r\n\r\n", false); }
static void ws_wrong_accept(void) {
  answered(NULL, 1,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: desk\r\n\r\n",
           false);
}

// The program ends the connection when it has all.
static void client_ends_when_done(void) {
  stubborn = 2;
  answered("GET", 3, SMALL, false);
}

// The program itself refuses what came, by the result of its callback.
static void callback_refuses_answer(void) {
  stubborn = 1;
  answered("GET", 1, SMALL, false);
}

// --- Shared connections ---

static void pipelined(int count, bool all_answered) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_out, 5);
  for (int i = 0; i < count; i++) ask(context, "GET", port, LCCSCF_PIPELINE);
  const int fd = pick_up_request(context, listener);
  for (int i = 0; all_answered && i < count; i++) {
    if (i) read_head(context, fd);
    say(fd, SMALL);
    serve_until(context, &completed, i + 1);
  }
  if (!all_answered) {
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nthe first part");
    serve_for(context, 300);
  }
  hang_up(context, fd);
  serve_for(context, 50);
  lws_context_destroy(context);
}

static void queued_never_sent(void) { pipelined(2, false); }
static void queued_and_answered(void) { pipelined(3, true); }

// --- By a proxy ---

static struct lws_context *ask_proxy(const char *method, int *fd) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context_creation_info info = client_info(callback_out, 5);
  info.http_proxy_address = "127.0.0.1";
  info.http_proxy_port = (unsigned int)port;
  struct lws_context *context = start(&info);
  ask(context, method, 9, 0);
  *fd = pick_up_request(context, listener);
  return context;
}

static void by_proxy(const char *answer) {
  int fd;
  struct lws_context *context = ask_proxy(NULL, &fd);
  say(fd, answer);
  serve_until(context, &failed, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void proxy_wants_password(void) {
  by_proxy(
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
      "0\r\n\r\n");
}
static void proxy_forbids(void) { by_proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"); }

static void proxy_lets_through(void) {
  int fd;
  struct lws_context *context = ask_proxy("GET", &fd);
  say(fd, "HTTP/1.0 200 Connection established\r\n\r\n");
  read_head(context, fd);
  say(fd, SMALL);
  serve_until(context, &completed, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

const struct corpus_case answer_troubles[] = {
    {"get_hung_up_on", get_hung_up_on},
    {"get_reset", get_reset},
    {"ws_hung_up_on", ws_hung_up_on},
    {"body_cut_off", body_cut_off},
    {"body_reset", body_reset},
    {"chunks_cut_off", chunks_cut_off},
    {"answer_then_end", answer_then_end},
    {"answer_until_end", answer_until_end},
    {"answer_in_chunks", answer_in_chunks},
    {"answer_not_found", answer_not_found},
    {"ws_answered_200", ws_answered_200},
    {"ws_answered_403", ws_answered_403},
    {"ws_answered_nonsense", ws_answered_nonsense},
    {"ws_wrong_accept", ws_wrong_accept},
    {"client_ends_when_done", client_ends_when_done},
    {"callback_refuses_answer", callback_refuses_answer},
    {"queued_never_sent", queued_never_sent},
    {"queued_and_answered", queued_and_answered},
    {"proxy_wants_password", proxy_wants_password},
    {"proxy_forbids", proxy_forbids},
    {"proxy_lets_through", proxy_lets_through},
    {0},
};
