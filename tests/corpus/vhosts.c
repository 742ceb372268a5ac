// SPDX-License-Identifier: MIT
//
// Faults in one vhost of several: "front" and "back" share a port, so that a connection moves to where its request says; "side"
// has a port and protocols of its own. The finding is to name the right one.
#include "corpus.h"

static int callback_feed(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  (void)in;
  (void)len;
  if (reason == LWS_CALLBACK_ESTABLISHED) lws_rx_flow_control(wsi, 0);
  return 0;
}

static const struct lws_protocols of_front[] = {
    {.name = "front-http", .callback = lws_callback_http_dummy, .per_session_data_size = 8},
    PROTOCOL_DYN(careful),
    {0}};
static const struct lws_protocols of_back[] = {
    {.name = "back-http", .callback = lws_callback_http_dummy, .per_session_data_size = 8},
    PROTOCOL_DYN(forgetful),
    {0}};
static const struct lws_protocols of_side[] = {
    {.name = "side-http", .callback = lws_callback_http_dummy},
    {.name = "chat", .callback = callback_nothing, .per_session_data_size = 16},
    {.name = "feed", .callback = callback_feed, .per_session_data_size = 16},
    PROTOCOL_DYN(careful),
    {0},
};

static void add_app(struct lws_context *context, const char *name, int port, const struct lws_protocols *protocols) {
  struct lws_context_creation_info info = app_info(protocols);
  info.keepalive_timeout = 5;
  info.timeout_secs = 1;
  add_vhost(context, &info, name, port);
}

static struct lws_context *start_vhosts(void) {
  struct lws_context_creation_info info = app_info(NULL);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.timeout_secs = 1;
  struct lws_context *context = start(&info);
  add_app(context, "front", 0, of_front);
  add_app(context, "back", port_of(context, "front"), of_back);
  add_app(context, "side", 0, of_side);
  return context;
}

static int enter_side(struct lws_context *context, const char *protocol) {
  const int fd = dial(port_of(context, "side"));
  upgrade(context, fd, protocol);
  return fd;
}

// --- Faults ---

static void moved_and_forgotten(void) {
  struct lws_context *context = start_vhosts();
  const int fd = dial(port_of(context, "front"));
  ask_host(context, fd, "front");
  ask_host(context, fd, "back");
  serve_for(context, 100);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void moved_and_forgotten_until_timeout(void) {
  struct lws_context *context = start_vhosts();
  const int fd = dial(port_of(context, "front"));
  ask_host(context, fd, "back");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void one_protocol_is_deaf(void) {
  struct lws_context *context = start_vhosts();
  const int fd = enter_side(context, "feed"), other = enter_side(context, "chat");
  hang_up(context, fd);
  hang_up(context, other);
  serve_for(context, 1200);
  lws_context_destroy(context);
}

static void one_vhost_grows(void) {
  struct lws_context *context = start_vhosts();
  for (int load = 0; load < 6; load++) {
    int fds[5];
    for (int i = 0; i < 5; i++) fds[i] = enter_side(context, "chat");
    for (int i = 0; i < 5; i++) {
      const int fd = dial(port_of(context, "front"));
      ask_host(context, fd, "front");
      hang_up(context, fd);
    }
    for (int i = 2; i < 5; i++) hang_up(context, fds[i]);
    serve_for(context, 110);
  }
  lws_context_destroy(context);
}

// --- Clean ---

static void all_in_order(void) {
  struct lws_context *context = start_vhosts();
  for (int i = 0; i < 7; i++) {
    const int fd = dial(port_of(context, "front")), session = enter_side(context, "chat");
    ask_host(context, fd, "front");
    ask_host(context, fd, "nobody");  // a name that no vhost has: the first answers
    hang_up(context, fd);
    hang_up(context, session);
  }
  lws_context_destroy(context);
}

static void open_at_destroy(void) {
  struct lws_context *context = start_vhosts();
  for (int i = 0; i < 5; i++) {
    ask_host(context, dial(port_of(context, "front")), "front");
    enter_side(context, "chat");
    enter_side(context, "feed");
  }
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"moved_and_forgotten", moved_and_forgotten},
    {"moved_and_forgotten_until_timeout", moved_and_forgotten_until_timeout},
    {"one_protocol_is_deaf", one_protocol_is_deaf},
    {"one_vhost_grows", one_vhost_grows},
    {"all_in_order", all_in_order},
    {"open_at_destroy", open_at_destroy},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
