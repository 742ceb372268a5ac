// SPDX-License-Identifier: MIT
//
// Programs that connect to others. An attempt belongs to lws until CLIENT_CONNECTION_ERROR or the connection; who begins the next
// one before that, by a timer, has as many of them as the server is slow.
#include "corpus.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { kStepMs = 45, kSteps = 13 };

static int connected, failed, ended;

static int callback_out(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_RAW_CONNECTED: connected++; break;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "out", .callback = callback_out, .per_session_data_size = 16},
    {0},
};

static struct lws_context *start_client(void) {
  struct lws_context_creation_info info = app_info(protocols);
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.timeout_secs = info.connect_timeout_secs = 2;
  return start(&info);
}

enum how { kHttp, kWebsocket, kRaw, kTls };

static struct lws *go(struct lws_context *context, enum how how, const char *address, int port) {
  struct lws_client_connect_info info = {.context = context,
                                         .address = address,
                                         .port = port,
                                         .path = "/",
                                         .host = address,
                                         .origin = address,
                                         .protocol = "out"};
  if (how == kHttp || how == kTls) info.method = "GET";
  if (how == kRaw) info.method = "RAW";
  if (how == kTls) info.ssl_connection = LCCSCF_USE_SSL;
  return lws_client_connect_via_info(&info);
}

// --- Faults ---

// The server takes connections, or the kernel does for it, and says nothing.
static void keeps_trying(enum how how) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int step = 0; step < kSteps; step++) {
    go(context, how, "127.0.0.1", port);
    serve_for(context, kStepMs);
  }
  lws_context_destroy(context);
}

static void http_piles_up(void) { keeps_trying(kHttp); }
static void websocket_piles_up(void) { keeps_trying(kWebsocket); }
static void tls_piles_up(void) { keeps_trying(kTls); }

// A server that stops answering: what was fine for a while is not any more.
static void piles_up_after_a_while(void) {
  int port;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int i = 0; i < 3; i++) {
    go(context, kHttp, "127.0.0.1", port);
    const int fd = pick_up(context, listener);
    serve_for(context, 5);
    say(fd, OK);
    close(fd);
    serve_until(context, &ended, i + 1);
  }
  for (int step = 0; step < kSteps; step++) {
    go(context, kHttp, "127.0.0.1", port);
    serve_for(context, kStepMs);
  }
  lws_context_destroy(context);
}

// The accept queue is full: SYNs are not answered either.
static void piles_up_before_accept(void) {
  int port;
  listen_on(&port, 0);
  struct lws_context *context = start_client();
  for (int step = 0; step < kSteps; step++) {
    go(context, kRaw, "127.0.0.1", port);
    serve_for(context, kStepMs);
  }
  lws_context_destroy(context);
}

static void outbound_grow(void) {
  int port, fds[64], count = 0;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int load = 0; load < 6; load++) {
    for (int i = 0; i < 5; i++) {
      go(context, kRaw, "127.0.0.1", port);
      fds[count++] = pick_up(context, listener);
    }
    serve_until(context, &connected, count);
    for (int i = 2; i < 5; i++) close(fds[load * 5 + i]);  // the first two of each load stay for ever
    serve_for(context, 90);
  }
  lws_context_destroy(context);
}

// --- Clean ---

// PARALLEL attempts at once, each answered; MS until the answer.
static void ask_and_get(enum how how, int parallel, int ms, const char *said) {
  int port, fds[64];
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int i = 0; i < parallel; i++) go(context, how, "127.0.0.1", port);
  for (int i = 0; i < parallel; i++) fds[i] = pick_up(context, listener);
  serve_for(context, ms);
  for (int i = 0; i < parallel; i++) say(fds[i], said);
  serve_until(context, &connected, parallel);
  for (int i = 0; i < parallel; i++) close(fds[i]);
  serve_until(context, &ended, parallel);
  lws_context_destroy(context);
}

static void one_request(void) { ask_and_get(kHttp, 1, 5, OK); }
static void many_at_once(void) { ask_and_get(kHttp, 23, 5, OK); }
static void many_answered_slowly(void) { ask_and_get(kHttp, 23, 450, OK); }
static void raw_connections(void) { ask_and_get(kRaw, 7, 5, "hello\n"); }

static void one_after_another(void) {
  int port;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int i = 0; i < 17; i++) {
    go(context, kHttp, "127.0.0.1", port);
    const int fd = pick_up(context, listener);
    serve_for(context, 20);
    say(fd, OK);
    close(fd);
    serve_until(context, &ended, i + 1);
  }
  lws_context_destroy(context);
}

// Polls a slow server every 45 ms, and has the answer 200 ms later each time: several are pending, none is forgotten.
static void overlapping_but_answered(void) {
  int port, fds[kSteps];
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int step = 0; step < kSteps; step++) {
    go(context, kHttp, "127.0.0.1", port);
    fds[step] = pick_up(context, listener);
    if (step >= 4) say(fds[step - 4], OK), close(fds[step - 4]);
    serve_for(context, kStepMs);
  }
  lws_context_destroy(context);
}

// Thirteen long polls, begun one after the other, and all of them answered at last.
static void long_polls_answered_late(void) {
  int port, fds[kSteps];
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int step = 0; step < kSteps; step++) {
    go(context, kHttp, "127.0.0.1", port);
    fds[step] = pick_up(context, listener);
    serve_for(context, kStepMs);
  }
  for (int step = 0; step < kSteps; step++) say(fds[step], OK), close(fds[step]);
  serve_until(context, &ended, kSteps);
  lws_context_destroy(context);
}

// As a scanner does: each attempt is to another server.
static void many_targets(void) {
  int ports[kSteps];
  struct lws_context *context = start_client();
  for (int step = 0; step < kSteps; step++) {
    listen_on(&ports[step], 1);
    go(context, kTls, "127.0.0.1", ports[step]);
    serve_for(context, kStepMs);
  }
  lws_context_destroy(context);
}

static int nobody_listens(void) {
  int port;
  close(listen_on(&port, 1));
  return port;
}

static void refused_with_backoff(void) {
  struct lws_context *context = start_client();
  const int port = nobody_listens();
  for (int i = 0, pause_ms = 5; i < 6; i++, pause_ms *= 2) {
    go(context, kWebsocket, "127.0.0.1", port);
    serve_until(context, &failed, i + 1);
    serve_for(context, pause_ms);
  }
  lws_context_destroy(context);
}

static void refused_without_pause(void) {
  struct lws_context *context = start_client();
  const int port = nobody_listens();
  for (int i = 0; i < 53; i++) {
    go(context, kHttp, "127.0.0.1", port);
    serve_until(context, &failed, i + 1);
  }
  lws_context_destroy(context);
}

static void no_such_name(void) {
  struct lws_context *context = start_client();
  for (int i = 0; i < 5; i++) {
    go(context, kHttp, "no-such-host.invalid", 80);
    serve_for(context, 20);
  }
  lws_context_destroy(context);
}

static void tls_fails(void) {
  int port;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int i = 0; i < 5; i++) {
    go(context, kTls, "127.0.0.1", port);
    const int fd = pick_up(context, listener);
    serve_for(context, 5);
    say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");  // no TLS here
    serve_until(context, &failed, i + 1);
    close(fd);
  }
  lws_context_destroy(context);
}

static void websocket_refused(void) {
  int port;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  go(context, kWebsocket, "127.0.0.1", port);
  const int fd = pick_up(context, listener);
  serve_for(context, 5);
  say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

static void server_hangs_up(void) {
  int port;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  go(context, kHttp, "127.0.0.1", port);
  const int fd = pick_up(context, listener);
  serve_for(context, 5);
  close(fd);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

static void server_never_answers(void) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = start_client();
  go(context, kHttp, "127.0.0.1", port);
  serve_for(context, 2400);  // one attempt, until lws's timeout
  lws_context_destroy(context);
}

static void a_few_pending_at_destroy(void) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int i = 0; i < 5; i++) {
    go(context, kHttp, "127.0.0.1", port);
    serve_for(context, 20);
  }
  lws_context_destroy(context);
}

// 23 attempts at once that all wait.
static void burst_pending_at_destroy(void) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int i = 0; i < 23; i++) go(context, kHttp, "127.0.0.1", port);
  serve_for(context, 450);
  lws_context_destroy(context);
}

static void loads_go_away(void) {
  int port, count = 0;
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_client();
  for (int load = 0; load < 6; load++) {
    int fds[5];
    for (int i = 0; i < 5; i++) {
      go(context, kRaw, "127.0.0.1", port);
      fds[i] = pick_up(context, listener);
    }
    count += 5;
    serve_until(context, &connected, count);
    for (int i = 0; i < 5; i++) close(fds[i]);
    serve_until(context, &ended, count);
    serve_for(context, 60);
  }
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"http_piles_up", http_piles_up},
    {"websocket_piles_up", websocket_piles_up},
    {"tls_piles_up", tls_piles_up},
    {"piles_up_after_a_while", piles_up_after_a_while},
    {"piles_up_before_accept", piles_up_before_accept},
    {"outbound_grow", outbound_grow},
    {"one_request", one_request},
    {"many_at_once", many_at_once},
    {"many_answered_slowly", many_answered_slowly},
    {"raw_connections", raw_connections},
    {"one_after_another", one_after_another},
    {"overlapping_but_answered", overlapping_but_answered},
    {"long_polls_answered_late", long_polls_answered_late},
    {"many_targets", many_targets},
    {"refused_with_backoff", refused_with_backoff},
    {"refused_without_pause", refused_without_pause},
    {"no_such_name", no_such_name},
    {"tls_fails", tls_fails},
    {"websocket_refused", websocket_refused},
    {"server_hangs_up", server_hangs_up},
    {"server_never_answers", server_never_answers},
    {"a_few_pending_at_destroy", a_few_pending_at_destroy},
    {"burst_pending_at_destroy", burst_pending_at_destroy},
    {"loads_go_away", loads_go_away},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
