// SPDX-License-Identifier: MIT
//
// Connections that come back: raw ones of this program, sessions of others; and what is open at the end, with whom.
#include <sys/socket.h>

#include "troubles.h"

enum { kTries = 12, kVisits = 29 };

static int connected, ended, answered, failed, retries, port;
static bool asks, uploads, falls;

static int callback_returns(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_RAW_CONNECTED:
      connected++;
      if (asks) lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_RAW_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 5];
      memcpy(buffer + LWS_PRE, "time\n", 5);
      return asks && lws_write(wsi, buffer + LWS_PRE, 5, LWS_WRITE_RAW) < 5 ? -1 : 0;
    }
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return answered++, reason == LWS_CALLBACK_RAW_RX ? 0 : read_answer(wsi);
    case LWS_CALLBACK_CLIENT_ESTABLISHED: connected++; break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLOSED:
      if (falls) *(volatile int *)NULL = 0;
      break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
      unsigned char **p = in, *end = *p + len;
      if (!uploads) break;
      if (lws_add_http_header_content_length(wsi, 10, p, end)) return -1;
      lws_client_http_body_pending(wsi, 1);
      lws_callback_on_writable(wsi);
      break;
    }
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 5];
      if (!uploads) break;
      uploads = false;
      memcpy(buffer + LWS_PRE, "01234", 5);
      return lws_write(wsi, buffer + LWS_PRE, 5, LWS_WRITE_HTTP) < 5 ? -1 : 0;
    }
    case LWS_CALLBACK_RAW_CLOSE:
      ended++;
      if (retries > 0 && retries--) ask(lws_get_context(wsi), "RAW", port, 0);
      break;
    case LWS_CALLBACK_HTTP:
      return lws_return_http_status(wsi, 200, "hello\n") || lws_http_transaction_completed(wsi) ? -1 : 0;
    default: break;
  }
  return 0;
}

// Connects again in the callback that says that the connection is closed, to a server that ends each of them.
static void raw_in_turn(bool is_answered) {
  const int listener = listen_on(&port, 64);
  struct lws_context *context = client_desk(callback_returns, 5);
  retries = kTries;
  asks = is_answered;
  ask(context, "RAW", port, 0);
  for (int i = 0; i <= kTries; i++) {
    const int fd = pick_up(context, listener);
    serve_until(context, &connected, i + 1);
    if (is_answered) {
      char line[8];
      for (int turn = 0; turn < 100 && recv(fd, line, sizeof line, MSG_DONTWAIT) < 5; turn++) serve_for(context, 5);
      say(fd, "noon\n");
      serve_until(context, &answered, i + 1);
    }
    close(fd);
    serve_until(context, &ended, i + 1);
  }
  lws_context_destroy(context);
}
static void raw_in_a_rush(void) { raw_in_turn(false); }
static void raw_asks_in_turn(void) { raw_in_turn(true); }

// One client: a session, which it ends at once, and the next.
static void visitor_churns(void) {
  struct lws_context *context = desk(callback_returns, 5);
  for (int i = 0; i < kVisits; i++) hang_up(context, enter(context));
  lws_context_destroy(context);
}

// As many, each of which is answered.
static void visitors_are_served(void) {
  struct lws_context *context = desk(callback_returns, 5);
  for (int i = 0; i < kVisits; i++) {
    const int fd = dial(port_of(context, "app"));
    say(fd, TROUBLE_GET("/order"));
    expect(context, fd, "hello\n");
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

// Open at the end, with two servers.
static void links_until_exit(void) {
  int other;
  const int listener = listen_on(&port, 8), another = listen_on(&other, 8);
  struct lws_context *context = client_desk(callback_returns, 5);
  for (int i = 0; i < 3; i++) ask(context, "RAW", port, 0), say(pick_up(context, listener), "hello\n");
  ask(context, "RAW", other, 0), say(pick_up(context, another), "hello\n");
  serve_until(context, &connected, 4);
  serve_for(context, 1300);
}

// --- In vain ---

// Three more requests to a server whose first answer does not end: lws 4.1 makes no socket for them.
static void queued_behind_stream(void) {
  int fd;
  struct lws_context_creation_info info = client_info(callback_returns, 20);
  const int listener = listen_on(&port, 8);
  struct lws_context *context = start(&info);
  ask(context, "GET", port, LCCSCF_PIPELINE);
  fd = pick_up_request(context, listener);
  say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
  serve_until(context, &answered, 1);
  for (int i = 0; i < 3; i++) ask(context, "GET", port, LCCSCF_PIPELINE);
  serve_for(context, 700);
  lws_context_destroy(context);
}

static void proxy_name_unknown(void) {
  setenv("http_proxy", "proxy.invalid:3128", 1);
  struct lws_context *context = client_desk(callback_returns, 5);
  ask(context, "GET", unused_port(), 0);
  serve_for(context, 100);
  lws_context_destroy(context);
}

// Half of a body, and nothing more until the program ends.
static void post_forgotten_halfway(void) {
  int fd;
  uploads = true;
  struct lws_context *context = asking_desk(callback_returns, 20, "POST", &fd);
  serve_for(context, 1500);
}

// The servers hang up after the loop was left for good.
static void loop_left_behind(void) {
  int fds[3];
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_returns, 20);
  for (int i = 0; i < 3; i++) {
    ask(context, NULL, port, 0);
    fds[i] = pick_up(context, listener);
    accept_upgrade_to(context, fds[i], "desk");
    serve_until(context, &connected, i + 1);
  }
  nap(100);
  for (int i = 0; i < 3; i++) close(fds[i]);
  nap(1500);
}

static void crashes_as_context_ends(void) {
  struct lws_context *context = desk(callback_returns, 5);
  for (int i = 0; i < 3; i++) enter(context);
  falls = true;
  lws_context_destroy(context);
}

// Each link is greeted once; a newer one takes its place, and the old one stays. Or the server goes on to speak on all of them.
static void links_in_turn(bool are_used) {
  int fds[11];
  const int listener = listen_on(&port, 64);
  struct lws_context *context = client_desk(callback_returns, 20);
  for (int i = 0; i < 11; i++) {
    ask(context, "RAW", port, 0);
    fds[i] = pick_up(context, listener);
    serve_until(context, &connected, i + 1);
    say(fds[i], "hello\n");
    serve_for(context, 90);
  }
  for (int i = 0; are_used && i < 11; i++) say(fds[i], "news\n");
  serve_for(context, 50);
}
static void links_superseded(void) { links_in_turn(false); }
static void links_in_use(void) { links_in_turn(true); }

const struct corpus_case return_troubles[] = {
    {"raw_in_a_rush", raw_in_a_rush},
    {"raw_asks_in_turn", raw_asks_in_turn},
    {"visitor_churns", visitor_churns},
    {"visitors_are_served", visitors_are_served},
    {"links_until_exit", links_until_exit},
    {"queued_behind_stream", queued_behind_stream},
    {"proxy_name_unknown", proxy_name_unknown},
    {"post_forgotten_halfway", post_forgotten_halfway},
    {"loop_left_behind", loop_left_behind},
    {"crashes_as_context_ends", crashes_as_context_ends},
    {"links_superseded", links_superseded},
    {"links_in_use", links_in_use},
    {0},
};
