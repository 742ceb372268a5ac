// SPDX-License-Identifier: MIT
//
// Programs with more than one context or vhost, and when these end.
#include "corpus.h"

static int ended;

static int closed(struct lws *wsi, struct exchange *exchange) {
  (void)wsi;
  (void)exchange;
  ended++;
  return 0;
}

static const struct handlers counting = {.http = answer_and_complete, .closed = closed};
static const struct lws_protocols protocols[] = {PROTOCOL_HTTP, PROTOCOL_DYN(counting), {0}};

static void serve_one(struct lws_context *context) {
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/");
  hang_up(context, fd);
}

// --- Faults ---

static void one_of_two_forgotten(void) {
  struct lws_context *first = start_app(protocols), *second = start_app(protocols);
  serve_one(first);
  serve_one(second);
  lws_context_destroy(first);  // and the second?
}

static void start_many(struct lws_context *contexts[7]) {
  for (int i = 0; i < 7; i++) {
    contexts[i] = start_app(protocols);
    serve_one(contexts[i]);
  }
}

static void one_of_many_forgotten(void) {
  struct lws_context *contexts[7];
  start_many(contexts);
  for (int i = 0; i < 7; i++) {
    if (i == 3) continue;  // an early `continue` in a test's teardown looks like this
    lws_context_destroy(contexts[i]);
  }
}

static void several_forgotten(void) {
  struct lws_context *contexts[7];
  start_many(contexts);
  for (int i = 1; i < 7; i += 2) lws_context_destroy(contexts[i]);
}

static void client_context_forgotten(void) {
  struct lws_context_creation_info info = app_info(protocols);
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.vhost_name = "client";
  struct lws_context *server = start_app(protocols);
  start(&info);
  serve_one(server);
  lws_context_destroy(server);
}

static void forgotten_with_connections(void) {
  struct lws_context *first = start_app(protocols), *second = start_app(protocols);
  for (int i = 0; i < 5; i++) get(first, dial(port_of(first, "app")), "/");
  lws_context_destroy(second);
}

// --- Clean ---

static void two_contexts(void) {
  struct lws_context *first = start_app(protocols), *second = start_app(protocols);
  serve_one(first);
  serve_one(second);
  lws_context_destroy(first);
  serve_one(second);
  lws_context_destroy(second);
}

static void one_after_another(void) {
  for (int i = 0; i < 7; i++) {
    struct lws_context *context = start_app(protocols);
    serve_one(context);
    lws_context_destroy(context);
  }
}

static void one_never_destroyed(void) { serve_one(start_app(protocols)); }

static void two_never_destroyed(void) {
  struct lws_context *first = start_app(protocols), *second = start_app(protocols);
  serve_one(first);
  serve_one(second);
}

static void connections_at_destroy(void) {
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 11; i++) get(context, dial(port_of(context, "app")), "/");
  lws_context_destroy(context);
}

static void nothing_happened(void) {
  struct lws_context *context = start_app(protocols);
  lws_context_destroy(context);
}

// The port is taken: lws makes a context, and none is given back.
static void creation_fails(void) {
  struct lws_context_creation_info info = app_info(protocols);
  listen_on(&info.port, 1);
  if (lws_create_context(&info)) give_up("a context on a port that is taken");
  struct lws_context *context = start_app(protocols);
  serve_one(context);
  lws_context_destroy(context);
}

static struct lws_context *two_vhosts(struct lws_vhost **second) {
  struct lws_context_creation_info info = app_info(protocols);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.keepalive_timeout = 5;
  struct lws_context *context = start(&info);
  add_vhost(context, &info, "front", 0);
  *second = add_vhost(context, &info, "back", port_of(context, "front"));
  return context;
}

// A connection begins at the vhost that owns the listener and goes where the request says: what BIND and WSI_CREATE told the
// one, DROP and WSI_DESTROY tell the other.
static void moves_between_vhosts(void) {
  struct lws_vhost *back;
  struct lws_context *context = two_vhosts(&back);
  for (int i = 0; i < 5; i++) {
    const int fd = dial(port_of(context, "front"));
    ask_host(context, fd, "back");
    ask_host(context, fd, "front");
    ask_host(context, fd, "back");
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

static struct lws_vhost *another_vhost(struct lws_context *context) {
  struct lws_context_creation_info info = app_info(protocols);
  info.keepalive_timeout = 5;
  return add_vhost(context, &info, "other", 0);
}

static void vhost_ends_with_connections(void) {
  struct lws_context *context = start_app(protocols);
  struct lws_vhost *other = another_vhost(context);
  const int port = port_of(context, "other");
  for (int i = 0; i < 3; i++) get(context, dial(port), "/");
  lws_vhost_destroy(other);
  serve_for(context, 30);
  serve_one(context);
  lws_context_destroy(context);
}

static void vhosts_come_and_go(void) {
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 5; i++) {
    struct lws_vhost *other = another_vhost(context);
    const int fd = dial(port_of(context, "other"));
    get(context, fd, "/");
    hang_up(context, fd);
    lws_vhost_destroy(other);
    serve_for(context, 10);
  }
  serve_one(context);
  lws_context_destroy(context);
}

static void destroyed_with_two_vhosts(void) {
  struct lws_vhost *back;
  struct lws_context *context = two_vhosts(&back);
  const int fd = dial(port_of(context, "front"));
  ask_host(context, fd, "front");
  ask_host(context, dial(port_of(context, "front")), "back");
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"one_of_two_forgotten", one_of_two_forgotten},
    {"one_of_many_forgotten", one_of_many_forgotten},
    {"several_forgotten", several_forgotten},
    {"client_context_forgotten", client_context_forgotten},
    {"forgotten_with_connections", forgotten_with_connections},
    {"two_contexts", two_contexts},
    {"one_after_another", one_after_another},
    {"one_never_destroyed", one_never_destroyed},
    {"two_never_destroyed", two_never_destroyed},
    {"connections_at_destroy", connections_at_destroy},
    {"nothing_happened", nothing_happened},
    {"creation_fails", creation_fails},
    {"moves_between_vhosts", moves_between_vhosts},
    {"vhost_ends_with_connections", vhost_ends_with_connections},
    {"vhosts_come_and_go", vhosts_come_and_go},
    {"destroyed_with_two_vhosts", destroyed_with_two_vhosts},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
