// SPDX-License-Identifier: MIT
//
// Servers that are no HTTP servers (a listener whose connections are raw), and ones that are HTTP servers in an unusual way.
#include "corpus.h"

static int received, ended;
static int deaf;

static int callback_line(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
      if (deaf) lws_rx_flow_control(wsi, 0);
      break;
    case LWS_CALLBACK_RAW_RX:
      received++;
      if (len >= 4 && !memcmp(in, "quit", 4)) return -1;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_RAW_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 6];
      memcpy(buffer + LWS_PRE, "hello\n", 6);
      return lws_write(wsi, buffer + LWS_PRE, 6, LWS_WRITE_RAW) < 6 ? -1 : 0;
    }
    case LWS_CALLBACK_RAW_CLOSE: ended++; break;
    default: break;
  }
  return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = lws_callback_http_dummy},
    {.name = "line", .callback = callback_line, .per_session_data_size = 16},
    {.name = "plain", .callback = callback_line},
    {0},
};

static struct lws_context *start_raw(const char *protocol) {
  struct lws_context_creation_info info = app_info(protocols);
  info.options |= LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG;
  info.listen_accept_role = "raw-skt";
  info.listen_accept_protocol = protocol;
  return start(&info);
}

static int talk(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  say(fd, "hi\n");
  expect(context, fd, "hello\n");
  return fd;
}

static void loads(int left) {
  struct lws_context *context = start_raw("line");
  for (int load = 0; load < 6; load++) {
    int fds[7];
    for (int i = 0; i < 7; i++) fds[i] = talk(context);
    for (int i = left; i < 7; i++) hang_up(context, fds[i]);
    serve_for(context, 90);
  }
  lws_context_destroy(context);
}

// --- Faults ---

static void lines_grow(void) { loads(2); }

static void deaf_listener(const char *protocol) {
  struct lws_context *context = start_raw(protocol);
  deaf = 1;
  for (int i = 0; i < 3; i++) {
    const int fd = dial(port_of(context, "app"));
    say(fd, "hi\n");
    hang_up(context, fd);
  }
  serve_for(context, 1200);
  lws_context_destroy(context);
}

static void never_read(void) { deaf_listener("line"); }
static void never_read_without_session_data(void) { deaf_listener("plain"); }

// --- Clean ---

static void lines_go_away(void) { loads(0); }

static void peer_leaves(void) {
  struct lws_context *context = start_raw("line");
  hang_up(context, talk(context));
  lws_context_destroy(context);
}

static void server_leaves(void) {
  struct lws_context *context = start_raw("line");
  const int fd = talk(context);
  say(fd, "quit\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void no_session_data(void) {
  struct lws_context *context = start_raw("plain");
  hang_up(context, talk(context));
  talk(context);
  lws_context_destroy(context);
}

static void open_at_destroy(void) {
  struct lws_context *context = start_raw("line");
  for (int i = 0; i < 7; i++) talk(context);
  lws_context_destroy(context);
}

static void burst(void) {
  struct lws_context *context = start_raw("line");
  int fds[53];
  for (int i = 0; i < 53; i++) fds[i] = talk(context);
  for (int i = 0; i < 53; i++) close(fds[i]);
  serve_until(context, &ended, 53);
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"lines_grow", lines_grow},
    {"never_read", never_read},
    {"never_read_without_session_data", never_read_without_session_data},
    {"lines_go_away", lines_go_away},
    {"peer_leaves", peer_leaves},
    {"server_leaves", server_leaves},
    {"no_session_data", no_session_data},
    {"open_at_destroy", open_at_destroy},
    {"burst", burst},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
