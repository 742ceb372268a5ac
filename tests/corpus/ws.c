// SPDX-License-Identifier: MIT
//
// Websocket servers. A session has no response to complete and no timeout of its own: what ends it is the peer, the application, or
// a validity check that somebody asked for.
#include "corpus.h"

struct session {
  int greeted;
};

static int established, ended;
static int deaf;  // sessions stop reading: lws then does not see that the peer is gone

static int callback_chat(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  unsigned char buffer[LWS_PRE + 16];
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      established++;
      if (deaf) lws_rx_flow_control(wsi, 0);
      break;
    case LWS_CALLBACK_CLOSED: ended++; break;
    case LWS_CALLBACK_RECEIVE:
      if (len == 5 && !memcmp(in, "leave", 5)) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
        return -1;
      }
      if (len == 4 && !memcmp(in, "drop", 4)) return -1;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      memcpy(buffer + LWS_PRE, "hello\n", 6);
      return lws_write(wsi, buffer + LWS_PRE, 6, LWS_WRITE_TEXT) < 6 ? -1 : 0;
    default: break;
  }
  return 0;
}

static int callback_picky(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  return reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION ? 1 : callback_chat(wsi, reason, user, in, len);
}

static const struct lws_protocols protocols[] = {
    PROTOCOL_HTTP,
    {.name = "chat", .callback = callback_chat, .per_session_data_size = sizeof(struct session)},
    {.name = "plain", .callback = callback_chat},  // no session data: lws never tells it DROP
    {.name = "picky", .callback = callback_picky, .per_session_data_size = sizeof(struct session)},
    PROTOCOL_DYN(careful),
    {0},
};

static struct lws_context *start_chat(void) { return start_app(protocols); }

// --- Faults ---

static void deaf_session(int leavers, const char *protocol) {
  struct lws_context *context = start_chat();
  int fds[16];
  deaf = 1;
  for (int i = 0; i < leavers; i++) fds[i] = enter_session(context, protocol);
  for (int i = 0; i < leavers; i++) hang_up(context, fds[i]);
  serve_for(context, 1200);
  lws_context_destroy(context);
}

static void deaf_to_the_end(void) { deaf_session(1, "chat"); }
static void deaf_to_several(void) { deaf_session(3, "chat"); }
static void deaf_without_session_data(void) { deaf_session(1, "plain"); }

static void loads_leave_sessions(int loads, int clients, int left, int pause_ms) {
  struct lws_context *context = start_chat();
  for (int load = 0; load < loads; load++) {
    int fds[32];
    for (int i = 0; i < clients; i++) fds[i] = enter_session(context, "chat");
    for (int i = left; i < clients; i++) hang_up(context, fds[i]);
    serve_for(context, pause_ms);
  }
  lws_context_destroy(context);
}

static void sessions_grow(void) { loads_leave_sessions(6, 7, 2, 90); }
static void sessions_grow_by_one(void) { loads_leave_sessions(7, 5, 1, 90); }

static void forgets_beside_sessions(void) {
  const struct lws_protocols these[] = {PROTOCOL_HTTP, protocols[1], PROTOCOL_DYN(forgetful), {0}};
  struct lws_context *context = start_app(these);
  const int chatting = enter_session(context, "chat"), fd = dial(port_of(context, "app"));
  get(context, fd, "/");
  serve_for(context, 100);
  hang_up(context, fd);
  hang_up(context, chatting);
  lws_context_destroy(context);
}

// --- Clean ---

static void say_hello(struct lws_context *context, int fd) {
  say_frame(fd, "hi");
  expect(context, fd, "hello\n");
}

static void peer_closes(void) {
  struct lws_context *context = start_chat();
  const int fd = enter_session(context, "chat");
  say_hello(context, fd);
  say_bytes(fd, "\x88\x82\0\0\0\0\x03\xe8", 8);  // close, 1000
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void peer_vanishes(void) {
  struct lws_context *context = start_chat();
  hang_up(context, enter_session(context, "chat"));
  lws_context_destroy(context);
}

static void no_session_data(void) {
  struct lws_context *context = start_chat();
  const int fd = enter_session(context, "plain");
  say_hello(context, fd);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void no_session_data_at_destroy(void) {
  struct lws_context *context = start_chat();
  say_hello(context, enter_session(context, "plain"));
  lws_context_destroy(context);
}

static void server_leaves(void) {
  struct lws_context *context = start_chat();
  const int fd = enter_session(context, "chat");
  say_frame(fd, "leave");
  serve_for(context, 20);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void server_drops(void) {
  struct lws_context *context = start_chat();
  const int fd = enter_session(context, "chat");
  say_frame(fd, "drop");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void open_at_destroy(void) {
  struct lws_context *context = start_chat();
  for (int i = 0; i < 11; i++) enter_session(context, "chat");
  lws_context_destroy(context);
}

static void open_at_exit(void) {
  struct lws_context *context = start_chat();
  say_hello(context, enter_session(context, "chat"));
}

static void idle_for_long(void) {
  struct lws_context *context = start_chat();
  const int fd = enter_session(context, "chat");
  for (int i = 0; i < 17; i++) {
    const int other = enter_session(context, "chat");
    say_hello(context, other);
    hang_up(context, other);
  }
  serve_for(context, 600);
  say_hello(context, fd);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void refused_by_filter(void) {
  struct lws_context *context = start_chat();
  const int fd = dial(port_of(context, "app"));
  ask_upgrade(fd, "picky");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void unknown_subprotocol(void) {
  struct lws_context *context = start_chat();
  const int fd = dial(port_of(context, "app"));
  ask_upgrade(fd, "nobody");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void upgrade_after_request(void) {
  struct lws_context *context = start_chat();
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/");
  upgrade(context, fd, "chat");
  say_hello(context, fd);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void bad_frame(void) {
  struct lws_context *context = start_chat();
  const int fd = enter_session(context, "chat");
  say_bytes(fd, "\x8f\x80\0\0\0\0", 6);  // no such opcode
  serve_for(context, 20);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// Reading is stopped for a while, as a server does that has too much to do; then it sees the peer's end.
static void deaf_for(int ms) {
  struct lws_context *context = start_chat();
  struct lws_vhost *vhost = lws_get_vhost_by_name(context, "app");
  deaf = 1;
  hang_up(context, enter_session(context, "chat"));
  serve_for(context, ms);
  lws_rx_flow_allow_all_protocol(context, lws_vhost_name_to_protocol(vhost, "chat"));
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void deaf_for_a_while(void) { deaf_for(100); }
static void deaf_for_long(void) { deaf_for(1300); }

static void no_pong_wanted(void) {
  static const lws_retry_bo_t often = {.secs_since_valid_ping = 1, .secs_since_valid_hangup = 2};
  struct lws_context_creation_info info = app_info(protocols);
  info.retry_and_idle_policy = &often;
  struct lws_context *context = start(&info);
  enter_session(context, "chat");
  serve_until(context, &ended, 1);  // nobody answers the ping
  lws_context_destroy(context);
}

static void loads_go_away(void) { loads_leave_sessions(6, 7, 0, 60); }

// Clients that come and stay: more and more, and none is leaked.
static void clients_stay(void) { loads_leave_sessions(6, 3, 3, 60); }

// Each user loads the page over a connection that ends, and then has a session that stays: requests that come and go, and sessions
// that only come, are not one population that leaks.
static void users_join(void) {
  struct lws_context *context = start_chat();
  for (int user = 0; user < 7; user++) {
    const int page = dial(port_of(context, "app"));
    get(context, page, "/");
    hang_up(context, page);
    enter_session(context, "chat");
    serve_for(context, 90);
  }
  lws_context_destroy(context);
}

// One load leaves what the next takes away.
static void loads_overlap(void) {
  struct lws_context *context = start_chat();
  int before[3] = {-1, -1, -1};
  for (int load = 0; load < 7; load++) {
    int now[3];
    for (int i = 0; i < 3; i++) now[i] = enter_session(context, "chat");
    for (int i = 0; i < 3; i++)
      if (before[i] >= 0) hang_up(context, before[i]);
    memcpy(before, now, sizeof now);
    serve_for(context, 60);
  }
  lws_context_destroy(context);
}

static void burst(void) {
  struct lws_context *context = start_chat();
  int fds[53];
  for (int i = 0; i < 53; i++) fds[i] = enter_session(context, "chat");
  for (int i = 0; i < 53; i++) close(fds[i]);
  serve_until(context, &ended, 53);
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"deaf_to_the_end", deaf_to_the_end},
    {"deaf_to_several", deaf_to_several},
    {"deaf_without_session_data", deaf_without_session_data},
    {"sessions_grow", sessions_grow},
    {"sessions_grow_by_one", sessions_grow_by_one},
    {"forgets_beside_sessions", forgets_beside_sessions},
    {"peer_closes", peer_closes},
    {"peer_vanishes", peer_vanishes},
    {"no_session_data", no_session_data},
    {"no_session_data_at_destroy", no_session_data_at_destroy},
    {"server_leaves", server_leaves},
    {"server_drops", server_drops},
    {"open_at_destroy", open_at_destroy},
    {"open_at_exit", open_at_exit},
    {"idle_for_long", idle_for_long},
    {"refused_by_filter", refused_by_filter},
    {"unknown_subprotocol", unknown_subprotocol},
    {"upgrade_after_request", upgrade_after_request},
    {"bad_frame", bad_frame},
    {"deaf_for_a_while", deaf_for_a_while},
    {"deaf_for_long", deaf_for_long},
    {"no_pong_wanted", no_pong_wanted},
    {"loads_go_away", loads_go_away},
    {"clients_stay", clients_stay},
    {"users_join", users_join},
    {"loads_overlap", loads_overlap},
    {"burst", burst},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
