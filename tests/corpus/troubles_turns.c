// SPDX-License-Identifier: MIT
//
// Event loops that turn and turn for nothing, or do not come back, and what other threads ask of them.
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "troubles.h"

enum { kTurnMs = 1700, kShortMs = 40 };

static enum { kReads, kLeaves, kWakesItself, kQuiet } manner;
static volatile int done;
static int established, fired, read_in_all;
static struct lws_context *served;
static lws_sorted_usec_list_t timer;

static int callback_turns(DESK_ARGUMENTS) {
  char got[256];
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_RAW_RX_FILE:
      if (manner != kReads) break;
      const ssize_t bytes = read(lws_get_socket_fd(wsi), got, sizeof got);
      if (bytes <= 0) return -1;
      read_in_all += (int)bytes;
      break;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
      if (manner == kWakesItself) lws_cancel_service(lws_get_context(wsi));
      break;
    case LWS_CALLBACK_ESTABLISHED: established++; break;
    default: break;
  }
  return 0;
}

static void stop(lws_sorted_usec_list_t *unused) {
  (void)unused;
  done = 1;
}
// As programs do: until they are told to end.
static void turn_for(struct lws_context *context, int ms) {
  static lws_sorted_usec_list_t end;
  const long long until = now_ms() + ms;
  done = 0;
  lws_sul_schedule(context, 0, &end, stop, ms * 1000LL);
  while (!done && now_ms() < until + 1000) lws_service(context, 0);
}

// --- Descriptors that stay ready ---

static struct lws *adopt_pipe(struct lws_context *context, int *to) {
  int ends[2];
  if (pipe(ends) != 0) give_up("no pipe");
  *to = ends[1];
  return lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_RAW_FILE_DESC,
                                    (lws_sock_file_fd_type){.filefd = ends[0]}, "desk", NULL);
}
static void file_is(bool read, int ms) {
  int to;
  manner = read ? kReads : kLeaves;
  struct lws_context *context = desk(callback_turns, 20);
  adopt_pipe(context, &to);
  serve_for(context, 10);
  if (write(to, "tick\n", 5) != 5) give_up("the pipe takes nothing");
  turn_for(context, ms);
  close(to);
  manner = kReads;
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void file_never_read(void) { file_is(false, kTurnMs); }
static void file_read(void) { file_is(true, kTurnMs); }

// As busy, but with something in each turn.
static void *ticks(void *to) {
  while (!done && write(*(int *)to, "tick\n", 5) == 5) continue;
  return NULL;
}
static void file_read_all_the_time(void) {
  int to;
  pthread_t other;
  manner = kReads;
  struct lws_context *context = desk(callback_turns, 20);
  adopt_pipe(context, &to);
  serve_for(context, 10);
  pthread_create(&other, NULL, ticks, &to);
  turn_for(context, kTurnMs);
  done = 1;
  for (int i = 0; i < 50; i++) serve_for(context, 1);
  pthread_join(other, NULL);
  close(to);
  serve_for(context, 20);
  lws_context_destroy(context);
}

// --- Wakes and timers ---

static void wakes_itself(void) {
  manner = kWakesItself;
  struct lws_context *context = desk(callback_turns, 20);
  serve_for(context, 10);
  lws_cancel_service(context);
  turn_for(context, kTurnMs);
  manner = kQuiet;
  lws_context_destroy(context);
}

static void *wakes_at_times(void *context) {
  for (; !done; nap(20)) lws_cancel_service(context);
  return NULL;
}
static void woken_at_times(void) {
  pthread_t other;
  manner = kQuiet;
  struct lws_context *context = desk(callback_turns, 20);
  serve_for(context, 10);
  pthread_create(&other, NULL, wakes_at_times, context);
  turn_for(context, kTurnMs);
  pthread_join(other, NULL);
  lws_context_destroy(context);
}

static int period_us;
static void fires(lws_sorted_usec_list_t *sul) {
  fired++;
  lws_sul_schedule(served, 0, sul, fires, period_us);
}
static void timer_every(int us) {
  manner = kQuiet;
  period_us = us;
  served = desk(callback_turns, 20);
  serve_for(served, 10);
  fires(&timer);
  turn_for(served, kTurnMs);
  lws_sul_cancel(&timer);
  lws_context_destroy(served);
}
static void timer_without_pause(void) { timer_every(1); }
static void timer_with_pause(void) { timer_every(20000); }

static void fires_once(lws_sorted_usec_list_t *unused) {
  (void)unused;
  fired++;
}
static void *sets_timer(void *context) {
  nap(150);
  lws_sul_schedule(context, 0, &timer, fires_once, 50000);
  nap(1500);
  done = 1;
  lws_cancel_service(context);
  return NULL;
}
// Meant to fire after 50 ms.
static void timer_of_another_thread(void) {
  pthread_t other;
  manner = kQuiet;
  struct lws_context *context = client_desk(callback_turns, 20);
  serve_for(context, 10);
  pthread_create(&other, NULL, sets_timer, context);
  while (!done) lws_service(context, 0);
  pthread_join(other, NULL);
  serve_for(context, 100);
  lws_context_destroy(context);
}
static void *sets_nothing(void *context) {
  nap(500);
  done = 1;
  lws_cancel_service(context);
  return NULL;
}
static void timer_of_own_thread(void) {
  pthread_t other;
  manner = kQuiet;
  struct lws_context *context = client_desk(callback_turns, 20);
  lws_sul_schedule(context, 0, &timer, fires_once, 50000);
  pthread_create(&other, NULL, sets_nothing, context);
  while (!done) lws_service(context, 0);
  pthread_join(other, NULL);
  lws_context_destroy(context);
}

// --- A loop that does not come back ---

static int worked;
static void *asks_to_stop(void *context) {
  nap(kTurnMs);
  done = 1;
  lws_cancel_service(context);
  nap(300);
  exit(0);
}
// Between two calls of lws_service() the program means to work; that of libuv runs its loop until the context is destroyed.
static void serves_by(uint64_t options) {
  pthread_t other;
  manner = kQuiet;
  struct lws_context_creation_info info = desk_info(callback_turns, 20);
  info.options |= options;
  struct lws_context *context = start(&info);
  pthread_create(&other, NULL, asks_to_stop, context);
  for (; !done; worked++) lws_service(context, kShortMs);
  lws_context_destroy(context);
  exit(0);
}
static void service_never_returns(void) { serves_by(LWS_SERVER_OPTION_LIBUV); }
static void service_returns(void) { serves_by(0); }

// --- A callback that does not come back, and callbacks that others are blamed for ---

static enum { kStands, kTakesLong, kCrashesToWrite, kSendsBack, kCrashesAside } on_message;
static volatile int gathered;
static int callback_message(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  if (reason == LWS_CALLBACK_RECEIVE) {
    while (on_message == kStands) gathered++;
    if (on_message == kTakesLong) nap(500);
    if (on_message >= kCrashesToWrite) lws_callback_on_writable(wsi);
  }
  if (reason == LWS_CALLBACK_SERVER_WRITEABLE && on_message == kCrashesToWrite)
    *(volatile int *)(intptr_t)(gathered + 1) = 1;
  // What the program tells its protocols itself.
  if (reason == LWS_CALLBACK_SERVER_WRITEABLE && on_message == kCrashesAside)
    lws_callback_vhost_protocols(wsi, LWS_CALLBACK_USER + 3, NULL, 0);
  if (reason == LWS_CALLBACK_USER + 3) *(volatile int *)(intptr_t)(gathered + 1) = 1;
  return 0;
}
static void gets_message(int manner_of_it, unsigned int alarm_s) {
  on_message = manner_of_it;
  struct lws_context *context = desk(callback_message, 20);
  const int fds[2] = {enter(context), enter(context)};
  say_frame(fds[1], "two pounds of flour");
  alarm(alarm_s);
  serve_for(context, 1500);
  if (on_message == kSendsBack) *(volatile int *)(intptr_t)(gathered + 1) = 1;
  lws_context_destroy(context);
}
static void stands_on_message(void) { gets_message(kStands, 3); }
static void takes_long_on_message(void) { gets_message(kTakesLong, 0); }
static void crashes_to_write(void) { gets_message(kCrashesToWrite, 0); }
static void crashes_aside(void) { gets_message(kCrashesAside, 0); }
static void crashes_between_turns(void) { gets_message(kSendsBack, 0); }

const struct corpus_case turn_troubles[] = {
    {"stands_on_message", stands_on_message},
    {"takes_long_on_message", takes_long_on_message},
    {"crashes_to_write", crashes_to_write},
    {"crashes_aside", crashes_aside},
    {"crashes_between_turns", crashes_between_turns},
    {"file_never_read", file_never_read},
    {"file_read", file_read},
    {"file_read_all_the_time", file_read_all_the_time},
    {"wakes_itself", wakes_itself},
    {"woken_at_times", woken_at_times},
    {"timer_without_pause", timer_without_pause},
    {"timer_with_pause", timer_with_pause},
    {"timer_of_another_thread", timer_of_another_thread},
    {"timer_of_own_thread", timer_of_own_thread},
    {"service_never_returns", service_never_returns},
    {"service_returns", service_returns},
    {NULL, NULL},
};
