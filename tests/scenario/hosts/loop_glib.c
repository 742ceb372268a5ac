// SPDX-License-Identifier: MIT
//
// lws on the application's GMainLoop. See foreign_loop.h.
#include <glib-unix.h>
#include <signal.h>

#include "foreign_loop.h"

static GMainLoop *loop;

static gboolean on_signal(gpointer running) {
  g_main_loop_quit(running);
  return G_SOURCE_REMOVE;
}

static void prepare(struct lws_context_creation_info *info) {
  static void *loops[1];
  loops[0] = loop = g_main_loop_new(NULL, FALSE);
  g_unix_signal_add(SIGINT, on_signal, loop);
  info->options |= LWS_SERVER_OPTION_GLIB;
  info->foreign_loops = loops;
}

static void run(struct lws_context *context) {
  (void)context;
  g_main_loop_run(loop);
}

static void destroy(struct lws_context *context) {
  lws_context_destroy(context);
  g_main_loop_unref(loop);
}

const struct foreign_loop loop_glib = {"glib", prepare, run, destroy};
