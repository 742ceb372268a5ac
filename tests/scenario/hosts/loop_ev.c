// SPDX-License-Identifier: MIT
//
// lws on the application's libev loop. See foreign_loop.h.
#include <ev.h>
#include <signal.h>

#include "foreign_loop.h"

static struct ev_loop *loop;
static struct ev_signal interrupt;

static void on_signal(struct ev_loop *running, struct ev_signal *watcher, int events) {
  (void)watcher;
  (void)events;
  ev_break(running, EVBREAK_ALL);
}

static void prepare(struct lws_context_creation_info *info) {
  static void *loops[1];
  loops[0] = loop = ev_default_loop(0);
  ev_signal_init(&interrupt, on_signal, SIGINT);
  ev_signal_start(loop, &interrupt);
  info->options |= LWS_SERVER_OPTION_LIBEV;
  info->foreign_loops = loops;
}

static void run(struct lws_context *context) {
  (void)context;
  ev_run(loop, 0);
}

static void destroy(struct lws_context *context) {
  lws_context_destroy(context);
  ev_signal_stop(loop, &interrupt);
  ev_loop_destroy(loop);
}

const struct foreign_loop loop_ev = {"ev", prepare, run, destroy};
