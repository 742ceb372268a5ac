// SPDX-License-Identifier: MIT
//
// Applications that allocate a session's memory themselves, and hand it to lws as the wsi's user pointer: protocols without
// per_session_data_size. Who frees it clears the pointer; run.py asks for this group with --session-memory.
#include <sys/socket.h>

#include "corpus.h"

struct session {
  int greeted;
  char name[100];
};

enum keeping { kFrees, kForgets, kForgetsOnGoodbye, kShares, kUsesStatic, kUsesContextUser };

static enum keeping keeping;
static int established, ended;
static struct session *shared;
static struct session at_rest;

static void *session_of(struct lws *wsi) {
  switch (keeping) {
    case kShares: return shared;
    case kUsesStatic: return &at_rest;
    case kUsesContextUser: return lws_context_user(lws_get_context(wsi));
    default: return calloc(1, sizeof(struct session));
  }
}

static void end_session(struct lws *wsi) {
  struct session *session = lws_wsi_user(wsi);
  if (!session || keeping == kForgets || keeping == kShares || keeping == kUsesStatic || keeping == kUsesContextUser)
    return;
  if (keeping == kForgetsOnGoodbye && session->greeted) return;
  free(session);
  lws_set_wsi_user(wsi, NULL);
}

static int callback_own(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RAW_ADOPT:
      lws_set_wsi_user(wsi, session_of(wsi));
      established++;
      break;
    case LWS_CALLBACK_RECEIVE:
      if (len == 7 && !memcmp(in, "goodbye", 7)) ((struct session *)lws_wsi_user(wsi))->greeted = 1;
      break;
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_RAW_SKT_DROP_PROTOCOL: end_session(wsi); break;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE: ended++; break;
    default: break;
  }
  return 0;
}

static const struct lws_protocols protocols[] = {PROTOCOL_HTTP, {.name = "own", .callback = callback_own}, {0}};

static struct lws_context *start_own(void) {
  struct lws_context_creation_info info = app_info(protocols);
  if (keeping == kShares) shared = calloc(1, sizeof *shared);
  if (keeping == kUsesContextUser) info.user = calloc(1, sizeof(struct session));
  return start(&info);
}

static void visit(struct lws_context *context, int sessions, const char *words) {
  int fds[16];
  for (int i = 0; i < sessions; i++) {
    fds[i] = enter_session(context, "own");
  }
  serve_until(context, &established, sessions);
  if (words)
    for (int i = 0; i < sessions; i++) say_frame(fds[i], words);
  serve_for(context, 50);
  for (int i = 0; i < sessions; i++) hang_up(context, fds[i]);
}

static void sessions(enum keeping how, int count, const char *words) {
  keeping = how;
  struct lws_context *context = start_own();
  visit(context, count, words);
  lws_context_destroy(context);
}

static void adopted_sockets(enum keeping how, int count) {
  keeping = how;
  struct lws_context *context = start_own();
  for (int i = 0; i < count; i++) {
    int port;
    const int listener = listen_on(&port, 1), fd = dial(port);
    const lws_sock_file_fd_type given = {.sockfd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    close(listener);
    if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "own", NULL))
      give_up("lws did not adopt the socket");
    serve_until(context, &established, i + 1);
    hang_up(context, fd);
  }
  serve_until(context, &ended, count);
  lws_context_destroy(context);
}

// --- Faults ---

static void session_is_forgotten(void) { sessions(kForgets, 1, NULL); }
static void sessions_are_forgotten(void) { sessions(kForgets, 7, NULL); }
static void forgotten_on_one_path(void) { sessions(kForgetsOnGoodbye, 3, "goodbye"); }
static void adopted_is_forgotten(void) { adopted_sockets(kForgets, 5); }
static void forgotten_at_destroy(void) {
  keeping = kForgets;
  struct lws_context *context = start_own();
  enter_session(context, "own");
  serve_until(context, &established, 1);
  lws_context_destroy(context);
}

// --- Clean ---

static void sessions_are_freed(void) { sessions(kFrees, 7, NULL); }
static void freed_on_each_path(void) { sessions(kForgetsOnGoodbye, 3, "hello"); }
static void one_for_all(void) { sessions(kShares, 5, NULL); }
static void static_object(void) { sessions(kUsesStatic, 3, NULL); }
static void context_user(void) { sessions(kUsesContextUser, 1, NULL); }
static void adopted_is_freed(void) { adopted_sockets(kFrees, 5); }

static const struct corpus_case cases[] = {
    {"session_is_forgotten", session_is_forgotten},
    {"sessions_are_forgotten", sessions_are_forgotten},
    {"forgotten_on_one_path", forgotten_on_one_path},
    {"adopted_is_forgotten", adopted_is_forgotten},
    {"forgotten_at_destroy", forgotten_at_destroy},
    {"sessions_are_freed", sessions_are_freed},
    {"freed_on_each_path", freed_on_each_path},
    {"one_for_all", one_for_all},
    {"static_object", static_object},
    {"context_user", context_user},
    {"adopted_is_freed", adopted_is_freed},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
