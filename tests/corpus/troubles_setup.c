// SPDX-License-Identifier: MIT
//
// Threads that call lws beside its loop, and loops that sleep too long.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum manner { kWrites, kConnects, kSetsTimeout, kOnlyWakes };

static enum manner manner;
static int established, ended, woken, done;
static struct lws *session;
static struct lws_context *shared;
static int port;

static int callback_setup(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      session = wsi;
      established++;
      break;
    case LWS_CALLBACK_CLIENT_CLOSED: ended++; break;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: woken++; break;
    default: break;
  }
  return 0;
}

// --- Threads ---

static void *beside(void *nothing) {
  for (int i = 0; i < 5; i++) {
    nap(100);
    if (manner == kWrites) {
      unsigned char buffer[LWS_PRE + 8];
      memcpy(buffer + LWS_PRE, "from me!", 8);
      lws_write(session, buffer + LWS_PRE, 8, LWS_WRITE_TEXT);
    }
    if (manner == kConnects && i == 0) ask(shared, NULL, port, 0);
    if (manner == kSetsTimeout) lws_set_timeout(session, PENDING_TIMEOUT_USER_OK, 60);
    lws_cancel_service(shared);
  }
  done = 1;
  lws_cancel_service(shared);
  return nothing;
}

static void with_thread(enum manner how) {
  const int listener = listen_on(&port, 8);
  manner = how;
  shared = client_desk(callback_setup, 20);
  ask(shared, NULL, port, 0);
  const int fd = pick_up(shared, listener);
  accept_upgrade_to(shared, fd, "desk");
  serve_until(shared, &established, 1);
  pthread_t other;
  pthread_create(&other, NULL, beside, NULL);
  while (!done) lws_service(shared, 0);
  pthread_join(other, NULL);
  hang_up(shared, fd);
  lws_context_destroy(shared);
}
static void thread_writes(void) { with_thread(kWrites); }
static void thread_connects(void) { with_thread(kConnects); }
static void thread_sets_timeout(void) { with_thread(kSetsTimeout); }
static void thread_only_wakes(void) { with_thread(kOnlyWakes); }

// --- Sleep ---

static void *knocks(void *fd) {
  for (int i = 0; i < 3; i++) {
    nap(900);
    say_bytes(*(int *)fd, "\x81\x02ok", 4);
  }
  done = 1;
  lws_cancel_service(shared);
  return NULL;
}
// Means to send something each 50 ms.
static void oversleeps(void) {
  const int listener = listen_on(&port, 8);
  shared = client_desk(callback_setup, 20);
  ask(shared, NULL, port, 0);
  int fd = pick_up(shared, listener);
  accept_upgrade_to(shared, fd, "desk");
  serve_until(shared, &established, 1);
  pthread_t other;
  pthread_create(&other, NULL, knocks, &fd);
  while (!done) lws_service(shared, 50);
  pthread_join(other, NULL);
  hang_up(shared, fd);
  lws_context_destroy(shared);
}
const struct corpus_case setup_troubles[] = {
    {"thread_writes", thread_writes},
    {"thread_connects", thread_connects},
    {"thread_sets_timeout", thread_sets_timeout},
    {"thread_only_wakes", thread_only_wakes},
    {"oversleeps", oversleeps},
    {0},
};
