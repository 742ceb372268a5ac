// SPDX-License-Identifier: MIT
//
// One context served by two threads (libwebsockets built with LWS_MAX_SMP > 1): a connection is accepted on one and served on
// the other. The peer is the main thread.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#include "corpus.h"

enum { kThreads = 2, kAWhileUs = 100000 };

static struct lws_context *served;
static atomic_int stopping;

static void *serve(void *thread) {
  while (!atomic_load(&stopping) && lws_service_tsi(served, 0, (int)(intptr_t)thread) >= 0) {
  }
  return NULL;
}

static int callback_chat(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)wsi;
  (void)user;
  (void)in;
  (void)len;
  if (reason == LWS_CALLBACK_RECEIVE) usleep(10 * kAWhileUs);
  return 0;
}

static pthread_t threads[kThreads];

static int start_threads(const struct handlers *handlers) {
  static struct lws_protocols protocols[4] = {PROTOCOL_HTTP,
                                              {.name = "chat", .callback = callback_chat, .per_session_data_size = 16}};
  protocols[2] = (struct lws_protocols)PROTOCOL_DYN(*handlers);
  struct lws_context_creation_info info = app_info(protocols);
  info.count_threads = kThreads;
  info.timeout_secs = info.keepalive_timeout = 1;
  served = start(&info);
  if (lws_get_count_threads(served) != kThreads) give_up("lws was built for one thread");
  for (int i = 0; i < kThreads; i++)
    if (pthread_create(&threads[i], NULL, serve, (void *)(intptr_t)i)) give_up("no thread");
  return port_of(served, "app");
}

static void stop_threads(void) {
  usleep(kAWhileUs);
  atomic_store(&stopping, 1);
  lws_cancel_service(served);
  for (int i = 0; i < kThreads; i++) pthread_join(threads[i], NULL);
  lws_context_destroy(served);
}

static void read_until(int fd, const char *text) {
  char got[4096] = "";
  size_t have = 0;
  while (!strstr(got, text)) {
    const ssize_t bytes = recv(fd, got + have, sizeof got - 1 - have, 0);
    if (bytes <= 0) give_up("the answer did not come");
    have += (size_t)bytes;
  }
}

static int request(int port) {
  const int fd = dial(port);
  say(fd, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
  read_until(fd, "hello\n");
  return fd;
}

static int enter(int port) {
  const int fd = dial(port);
  ask_upgrade(fd, "chat");
  read_until(fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  return fd;
}

// --- Faults ---

static void forgets_on_every_thread(void) {
  const int port = start_threads(&forgetful);
  int fds[11];
  for (int i = 0; i < 11; i++) fds[i] = request(port);
  usleep(kAWhileUs);
  for (int i = 0; i < 11; i++) close(fds[i]);
  stop_threads();
}

static void forgets_until_timeout(void) {
  char none;
  const int port = start_threads(&forgetful), fd = request(port);
  if (recv(fd, &none, 1, 0) > 0) give_up("more than the answer");
  stop_threads();
}

static void loads(int left) {
  const int port = start_threads(&careful);
  for (int load = 0; load < 6; load++) {
    int fds[7];
    for (int i = 0; i < 7; i++) fds[i] = enter(port);
    for (int i = left; i < 7; i++) close(fds[i]);
    usleep(kAWhileUs);
  }
  stop_threads();
}

static void sessions_grow(void) { loads(2); }

// A callback is busy while the main thread destroys the context. lws leaves the connections of that thread to it, and comes back at
// once; the program ends without having joined its threads.
static void destroyed_while_busy(void) {
  const int port = start_threads(&careful);
  int fd = -1;
  for (int i = 0; i < 6; i++) fd = enter(port);  // three on each thread
  say_frame(fd, "think");
  usleep(kAWhileUs);
  lws_context_destroy(served);
}

// --- Clean ---

static void sessions_go_away(void) { loads(0); }

static void requests(void) {
  const int port = start_threads(&careful);
  for (int i = 0; i < 29; i++) close(request(port));
  stop_threads();
}

static void open_at_destroy(void) {
  const int port = start_threads(&careful);
  for (int i = 0; i < 7; i++) request(port);
  for (int i = 0; i < 7; i++) enter(port);
  stop_threads();
}

static const struct corpus_case cases[] = {
    {"forgets_on_every_thread", forgets_on_every_thread},
    {"forgets_until_timeout", forgets_until_timeout},
    {"sessions_grow", sessions_grow},
    {"destroyed_while_busy", destroyed_while_busy},
    {"sessions_go_away", sessions_go_away},
    {"requests", requests},
    {"open_at_destroy", open_at_destroy},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
