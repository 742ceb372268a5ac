// SPDX-License-Identifier: MIT
//
// Programs nearer to real ones: a fault in the midst of ordinary traffic, loads that are not alike, and populations that grow for
// a good reason. Numbers come from a fixed sequence, so that each run is the same.
#include "corpus.h"

static int established, ended, failed, answered;

static int callback_chat(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)wsi;
  (void)user;
  (void)in;
  (void)len;
  if (reason == LWS_CALLBACK_ESTABLISHED) established++;
  if (reason == LWS_CALLBACK_CLOSED) ended++;
  return 0;
}

static int callback_out(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)wsi;
  (void)user;
  (void)in;
  (void)len;
  if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR) failed++;
  if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED) answered++;
  return 0;
}

static int forgets_report(struct lws *wsi, struct exchange *exchange) {
  return strstr(exchange->path, "report") ? answer(wsi) : answer_and_complete(wsi, exchange);
}

static const struct handlers mostly_careful = {.http = forgets_report};
static const struct lws_protocols protocols[] = {
    PROTOCOL_HTTP,
    {.name = "chat", .callback = callback_chat, .per_session_data_size = 16},
    {.name = "out", .callback = callback_out, .per_session_data_size = 16},
    PROTOCOL_DYN(mostly_careful),
    {0},
};

static unsigned int next_number(unsigned int below) {
  static unsigned int state = 101;
  state = state * 1103515245U + 12345U;
  return (state >> 16) % below;
}

static void request(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/");
  hang_up(context, fd);
}

// A load of CLIENTS sessions of which LEFT stay.
static void load(struct lws_context *context, int clients, int left) {
  int fds[32];
  for (int i = 0; i < clients; i++) fds[i] = enter_session(context, "chat");
  for (int i = left; i < clients; i++) hang_up(context, fds[i]);
  serve_for(context, 100);
}

// --- Faults ---

static void one_page_forgets(void) {
  struct lws_context *context = start_app(protocols);
  int session = enter_session(context, "chat");
  for (int i = 0; i < 23; i++) {
    const int fd = dial(port_of(context, "app"));
    get(context, fd, "/");
    get(context, fd, i == 17 ? "/report" : "/page");
    serve_for(context, i == 17 ? 80 : 1);
    hang_up(context, fd);
  }
  hang_up(context, session);
  lws_context_destroy(context);
}

static void grows_beside_requests(void) {
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 6; i++) {
    load(context, 5, 1);
    for (int j = 0; j < 5; j++) request(context);
  }
  lws_context_destroy(context);
}

static void grows_unevenly(void) {
  static const int clients[] = {5, 9, 4, 11, 6, 8, 5}, left[] = {1, 3, 1, 2, 4, 1, 2};
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 7; i++) load(context, clients[i], left[i]);
  lws_context_destroy(context);
}

static struct lws *go(struct lws_context *context, int port) {
  const struct lws_client_connect_info info = {.context = context,
                                               .address = "127.0.0.1",
                                               .port = port,
                                               .path = "/",
                                               .host = "app",
                                               .origin = "app",
                                               .protocol = "out"};
  return lws_client_connect_via_info(&info);
}

// The pauses grow, but nobody waits for the end of an attempt.
static void backs_off_without_waiting(void) {
  int port;
  listen_on(&port, 64);
  struct lws_context *context = start_app(protocols);
  for (int i = 0, pause_ms = 20; i < 11; i++, pause_ms += 15) {
    go(context, port);
    serve_for(context, pause_ms);
  }
  lws_context_destroy(context);
}

// --- Clean ---

static void pool_fills_up(void) {
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 5; i++) load(context, 4, 1);  // up to the size that it is to have
  for (int i = 0; i < 6; i++) load(context, 3, 0);
  lws_context_destroy(context);
}

static void grows_and_shrinks(void) {
  struct lws_context *context = start_app(protocols);
  int stayed[8];
  for (int i = 0; i < 8; i++) {
    stayed[i] = enter_session(context, "chat");
    load(context, 3, 0);
  }
  for (int i = 0; i < 8; i++) {
    hang_up(context, stayed[i]);
    serve_for(context, 30);
  }
  lws_context_destroy(context);
}

// Sessions come and go at random, more of them at the end than at the beginning.
static void users_at_random(void) {
  struct lws_context *context = start_app(protocols);
  int fds[64], open = 0;
  for (int i = 0; i < 60; i++) {
    if (open < 2 || next_number(5) < 3) {
      fds[open++] = enter_session(context, "chat");
    } else {
      const int leaves = (int)next_number((unsigned int)open);
      hang_up(context, fds[leaves]);
      fds[leaves] = fds[--open];
    }
    serve_for(context, (int)next_number(25));
  }
  lws_context_destroy(context);
}

static void everything_ends_at_last(void) {
  struct lws_context *context = start_app(protocols);
  int stayed[12];
  for (int i = 0; i < 12; i += 2) {
    stayed[i] = enter_session(context, "chat");
    stayed[i + 1] = enter_session(context, "chat");
    load(context, 3, 0);
  }
  for (int i = 0; i < 12; i++) close(stayed[i]);
  serve_until(context, &ended, 30);
  lws_context_destroy(context);
}

// The server was down and comes back: all who waited are answered.
static void server_comes_back(void) {
  int port, fds[11];
  const int listener = listen_on(&port, 64);
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 11; i++) {
    go(context, port);
    serve_for(context, 45);
  }
  for (int i = 0; i < 11; i++) fds[i] = pick_up(context, listener);
  for (int i = 0; i < 11; i++) {
    say(fds[i], "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    close(fds[i]);
  }
  serve_until(context, &failed, 11);
  lws_context_destroy(context);
}

static void ordinary_day(void) {
  struct lws_context *context = start_app(protocols);
  int sessions[7];
  for (int i = 0; i < 7; i++) sessions[i] = enter_session(context, "chat");
  for (int i = 0; i < 29; i++) {
    request(context);
    if (i % 4 == 3) {
      hang_up(context, sessions[i % 7]);
      sessions[i % 7] = enter_session(context, "chat");
    }
  }
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"one_page_forgets", one_page_forgets},
    {"grows_beside_requests", grows_beside_requests},
    {"grows_unevenly", grows_unevenly},
    {"backs_off_without_waiting", backs_off_without_waiting},
    {"pool_fills_up", pool_fills_up},
    {"grows_and_shrinks", grows_and_shrinks},
    {"users_at_random", users_at_random},
    {"everything_ends_at_last", everything_ends_at_last},
    {"server_comes_back", server_comes_back},
    {"ordinary_day", ordinary_day},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
