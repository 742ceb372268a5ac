// SPDX-License-Identifier: MIT
//
// lws on the application's libuv loop. See foreign_loop.h.
//
// lws closes its handles with uv_close(), which needs the loop to go round: connections are destroyed in uv_run() after
// lws_context_destroy() has returned. An application that does not run its loop again never sees the end of them.
#include <signal.h>
#include <uv.h>

#include "foreign_loop.h"

static uv_loop_t loop;
static uv_signal_t interrupt;

static void on_signal(uv_signal_t *handle, int signal_number) {
  (void)signal_number;
  uv_stop(handle->loop);
}

static void prepare(struct lws_context_creation_info *info) {
  static void *loops[1] = {&loop};
  uv_loop_init(&loop);
  uv_signal_init(&loop, &interrupt);
  uv_signal_start(&interrupt, on_signal, SIGINT);
  info->options |= LWS_SERVER_OPTION_LIBUV;
  info->foreign_loops = loops;
}

static void run(struct lws_context *context) {
  (void)context;
  uv_run(&loop, UV_RUN_DEFAULT);
}

static void destroy(struct lws_context *context) {
  lws_context_destroy(context);
  uv_close((uv_handle_t *)&interrupt, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);  // until all handles are closed
  uv_loop_close(&loop);
}

const struct foreign_loop loop_uv = {"uv", prepare, run, destroy};
