// SPDX-License-Identifier: MIT
//
// The application's loop calls lws_service(), which polls. See foreign_loop.h.
#include <signal.h>

#include "foreign_loop.h"

static struct lws_context *served;
static volatile sig_atomic_t stopping;

static void on_signal(int signal_number) {
  stopping = signal_number;
  if (served) lws_cancel_service(served);
}

static void prepare(struct lws_context_creation_info *info) {
  (void)info;
  signal(SIGINT, on_signal);
}

static void run(struct lws_context *context) {
  served = context;
  while (!stopping && lws_service(context, 0) >= 0) {
  }
}

static void destroy(struct lws_context *context) {
  served = NULL;
  lws_context_destroy(context);
}

const struct foreign_loop loop_poll = {"poll", prepare, run, destroy};
