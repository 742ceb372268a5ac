// SPDX-License-Identifier: MIT
//
// lws on a loop that the application has written itself around poll(). See foreign_loop.h.
//
// lws calls the operations below to say which descriptors it wants watched, and for what; the application polls them together
// with its own (here: none) and hands what happened to lws_service_fd(). lws_service_adjust_timeout() runs lws's timers and tells
// how long poll() may wait; 0 means that lws already holds bytes that nobody will poll for (TLS, a readbuf).
#include "foreign_loop.h"

#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
#include <poll.h>
#include <signal.h>

enum { kMaxWatched = 256, kLongestWaitMs = 5000 };

static struct pollfd watched[kMaxWatched];
static nfds_t watched_count;
static struct lws_context *served;
static volatile sig_atomic_t stopping;

static void on_signal(int signal_number) {
  stopping = signal_number;
  if (served) lws_cancel_service(served);  // SIGINT may come just before poll()
}

static struct pollfd *find(int fd) {
  for (nfds_t i = 0; i < watched_count; i++)
    if (watched[i].fd == fd) return &watched[i];
  return NULL;
}

static void forget(int fd) {
  struct pollfd *entry = find(fd);
  if (entry) *entry = watched[--watched_count];
}

static void watch(struct lws *wsi, unsigned int flags) {
  const int fd = lws_get_socket_fd(wsi);
  const short events = (short)((flags & LWS_EV_READ ? POLLIN : 0) | (flags & LWS_EV_WRITE ? POLLOUT : 0));
  struct pollfd *entry = find(fd);
  if (flags & LWS_EV_START) {
    if (!entry) {
      if (watched_count == kMaxWatched) return;
      entry = &watched[watched_count++];
      *entry = (struct pollfd){.fd = fd};
    }
    entry->events |= events;
  } else if (entry) {
    entry->events &= (short)~events;
  }
}

static int accepted(struct lws *wsi) {
  watch(wsi, LWS_EV_START | LWS_EV_READ);
  return 0;
}

static int closing(struct lws *wsi) {
  forget(lws_get_socket_fd(wsi));
  return 0;
}

static const struct lws_event_loop_ops operations = {
    .name = "poll of the application",
    .init_vhost_listen_wsi = accepted,
    .sock_accept = accepted,
    .io = watch,
    .wsi_logical_close = closing,
    .evlib_size_pt = 1,  // not nothing: else lws leaves its timers to somebody else
};

static const lws_plugin_evlib_t library = {
    .hdr = {"poll of the application", "lws_evlib_plugin", LWS_BUILD_HASH, LWS_PLUGIN_API_MAGIC}, .ops = &operations};

static void prepare(struct lws_context_creation_info *info) {
  signal(SIGINT, on_signal);
  info->event_lib_custom = &library;
}

// lws changes the table while it is served: what comes to stand at an index already passed has its turn the next time.
static void serve_ready(struct lws_context *context) {
  for (nfds_t i = 0; i < watched_count; i++) {
    struct pollfd ready = watched[i];
    watched[i].revents = 0;
    if (ready.revents) lws_service_fd(context, &ready);
  }
}

static void run(struct lws_context *context) {
  served = context;
  while (!stopping) {
    const int wait_ms = lws_service_adjust_timeout(context, kLongestWaitMs, 0);
    if (!wait_ms) lws_service_tsi(context, -1, 0);
    if (poll(watched, watched_count, wait_ms) > 0) serve_ready(context);
  }
}

static void destroy(struct lws_context *context) {
  served = NULL;
  lws_context_destroy(context);
}

const struct foreign_loop loop_custom = {"custom", prepare, run, destroy};
#endif
