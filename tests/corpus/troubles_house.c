// SPDX-License-Identifier: MIT
//
// What a server is built on: callbacks that crash, data that nobody has made, vhosts that pile up or that cannot be made, loops of the
// program's own.
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <uv.h>

#include "troubles.h"

enum { kVisitors = 7, kPollMs = 700 };

struct shelf {
  int items;
};

static enum { kAnswers, kNeedsShelf, kNeedsData, kCrashesOnMessage, kAsksEarly, kEchoes } manner;
static int established, received, ended, finalized, writeable;
static struct shelf *no_shelf;

static int take_from_shelf(const struct shelf *from) { return from->items; }

static int callback_house(DESK_ARGUMENTS) {
  struct desk *of = user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      if (manner == kAsksEarly) lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_ESTABLISHED:
      established++;
      if (manner == kNeedsShelf) {
        struct shelf *shelf = lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi));
        return take_from_shelf(shelf) < 0 ? -1 : 0;
      }
      if (manner == kNeedsData) of->step = 1;
      break;
    case LWS_CALLBACK_RECEIVE:
      received++;
      if (manner == kCrashesOnMessage) return take_from_shelf(no_shelf) < 0 ? -1 : 0;
      if (manner == kEchoes) lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 8] = {0};
      memcpy(buffer + LWS_PRE, "hello", 5);
      writeable++;
      if (manner == kEchoes || manner == kAsksEarly)
        return lws_write(wsi, buffer + LWS_PRE, 5, LWS_WRITE_TEXT) < 5 ? -1 : 0;
      break;
    }
    case LWS_CALLBACK_CLOSED: ended++; break;
    default: break;
  }
  return 0;
}

// --- Crashes ---

// PROTOCOL_INIT makes no shelf here.
static void crashes_without_vhost_data(void) {
  manner = kNeedsShelf;
  struct lws_context *context = desk(callback_house, 20);
  ask_upgrade(dial(port_of(context, "app")), "desk");
  serve_for(context, 2000);
}

static void crashes_without_session_data(void) {
  static const struct lws_protocols protocols[] = {PROTOCOL_HTTP, {.name = "desk", .callback = callback_house}, {0}};
  manner = kNeedsData;
  struct lws_context_creation_info info = desk_info(callback_house, 20);
  info.protocols = protocols;
  struct lws_context *context = start(&info);
  ask_upgrade(dial(port_of(context, "app")), "desk");
  serve_for(context, 2000);
}

static void crashes_on_message(void) {
  manner = kCrashesOnMessage;
  struct lws_context *context = desk(callback_house, 20);
  const int fds[2] = {enter(context), enter(context)};
  say_frame(fds[1], "two pounds of flour");
  serve_for(context, 2000);
}

// --- Writes that are asked for before the session is there: lws calls back once it is ---

static void asks_to_write_early(void) {
  manner = kAsksEarly;
  struct lws_context *context = desk(callback_house, 20);
  const int fd = enter(context);
  serve_for(context, 600);
  if (writeable != 1) give_up("it was not called back");
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Vhosts ---

static struct lws_context *with_vhosts(int destroys) {
  static const struct lws_protocols protocols[] = {
      {.name = "desk", .callback = callback_house, .per_session_data_size = sizeof(struct desk)}, {0}};
  struct lws_context_creation_info info = desk_info(callback_house, 20);
  struct lws_context *context = start(&info);
  for (int i = 0; i < kVisitors; i++) {
    char name[16];
    snprintf(name, sizeof name, "visitor-%d", i);
    info = app_info(protocols);
    struct lws_vhost *vhost = add_vhost(context, &info, name, CONTEXT_PORT_NO_LISTEN);
    const int fd = dial(port_of(context, "app"));
    get(context, fd, "/order");
    hang_up(context, fd);
    if (destroys) lws_vhost_destroy(vhost);
    serve_for(context, 20);
  }
  return context;
}

static void vhost_for_each_visitor(void) { with_vhosts(0); }
static void vhost_for_each_visitor_ends(void) { lws_context_destroy(with_vhosts(1)); }

static void count_finalized(struct lws_vhost *vhost, void *arg) {
  (void)vhost;
  (void)arg;
  finalized++;
}

static void vhost_is_never_gone(void) {
  struct lws_context_creation_info info = desk_info(callback_house, 20);
  struct lws_context *context = start(&info);
  info.finalize = count_finalized;
  struct lws_vhost *side = add_vhost(context, &info, "side", 0);
  for (int i = 0; i < 3; i++) {
    const int fd = dial(port_of(context, "side"));
    get(context, fd, "/order");
    hang_up(context, fd);
  }
  lws_vhost_destroy(side);
  serve_for(context, 600);
}

// lws_create_vhost() returns NULL, and the program goes on.
static void vhost_without_certificate(void) {
  struct lws_context_creation_info info = desk_info(callback_house, 20);
  struct lws_context *context = start(&info);
  info.vhost_name = "secure";
  info.port = 0;
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.ssl_cert_filepath = "/nowhere/desk.crt";
  info.ssl_private_key_filepath = "/nowhere/desk.key";
  if (lws_create_vhost(context, &info)) give_up("there is a vhost");
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Loops of the program's own ---

static void rounds(struct lws_context *context, int wait_ms, int count) {
  const int none = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event;
  for (int i = 0; i < count; i++) {
    epoll_wait(none, &event, 1, wait_ms);
    lws_service(context, -1);
  }
  close(none);
}

static void served_between_waits(int wait_ms, int count) {
  manner = kEchoes;
  struct lws_context *context = desk(callback_house, 20);
  int fds[3];
  for (int i = 0; i < 3; i++) fds[i] = enter(context);
  for (int i = 0; i < 3; i++) say_frame(fds[i], "two pounds of flour");
  rounds(context, wait_ms, count);
  for (int i = 0; i < 3; i++) expect(context, fds[i], "hello");
  for (int i = 0; i < 3; i++) hang_up(context, fds[i]);
  lws_context_destroy(context);
}

static void served_after_own_poll(void) { served_between_waits(kPollMs, 4); }
static void served_between_short_waits(void) { served_between_waits(5, 60); }

// lws on a libuv loop of this program, a timer of which stands still.
static uv_loop_t loop;
static struct lws_context *idle_context;
static int timer_ms;

static void on_timer(uv_timer_t *timer) {
  (void)timer;
  nap(timer_ms);
}

static void turn_until(const char *text, int fd) {
  static char got[4096];
  size_t have = 0;
  for (int i = 0; i < 4000; i++) {
    uv_run(&loop, UV_RUN_NOWAIT);
    const ssize_t bytes = recv(fd, got + have, sizeof got - have, MSG_DONTWAIT);
    if (bytes > 0) have += (size_t)bytes;
    if (memmem(got, have, text, strlen(text))) return;
    nap(1);
  }
  give_up("the answer did not come");
}

static void on_library_loop(int ms) {
  static void *loops[1] = {&loop};
  static uv_timer_t timer;
  manner = kEchoes;
  timer_ms = ms;
  uv_loop_init(&loop);
  struct lws_context_creation_info info = desk_info(callback_house, 20);
  info.options |= LWS_SERVER_OPTION_LIBUV;
  info.foreign_loops = loops;
  struct lws_context *context = idle_context = start(&info);
  int fds[3];
  for (int i = 0; i < 3; i++) {
    fds[i] = dial(port_of(context, "app"));
    ask_upgrade(fds[i], "desk");
    turn_until("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", fds[i]);
  }
  uv_timer_init(&loop, &timer);
  for (int i = 0; i < 3; i++) {
    uv_timer_start(&timer, on_timer, 1, 0);
    nap(5);
    say_frame(fds[i], "two pounds of flour");
    turn_until("hello", fds[i]);
  }
}

// Nothing happens for a while, and then there is something to say: nobody had waited.
static void library_loop_idles(void) {
  on_library_loop(5);
  const int fd = dial(port_of(idle_context, "app"));
  ask_upgrade(fd, "desk");
  turn_until("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", fd);
  for (int i = 0; i < 900; i++) {
    uv_run(&loop, UV_RUN_NOWAIT);
    nap(1);
  }
  lws_callback_on_writable_all_protocol(idle_context,
                                        lws_vhost_name_to_protocol(lws_get_vhost_by_name(idle_context, "app"), "desk"));
  turn_until("hello", fd);
}

static void library_loop_blocked(void) { on_library_loop(700); }
static void library_loop_turns(void) { on_library_loop(5); }

const struct corpus_case house_troubles[] = {
    {"crashes_without_vhost_data", crashes_without_vhost_data},
    {"crashes_without_session_data", crashes_without_session_data},
    {"crashes_on_message", crashes_on_message},
    {"asks_to_write_early", asks_to_write_early},
    {"vhost_for_each_visitor", vhost_for_each_visitor},
    {"vhost_for_each_visitor_ends", vhost_for_each_visitor_ends},
    {"vhost_is_never_gone", vhost_is_never_gone},
    {"vhost_without_certificate", vhost_without_certificate},
    {"served_after_own_poll", served_after_own_poll},
    {"served_between_short_waits", served_between_short_waits},
    {"library_loop_blocked", library_loop_blocked},
    {"library_loop_turns", library_loop_turns},
    {"library_loop_idles", library_loop_idles},
    {0},
};
