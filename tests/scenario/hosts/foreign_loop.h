// SPDX-License-Identifier: MIT
//
// Event loops that belong to the application, not to lws. Each lives in a file of its own, loop_*.c, which shows all that one
// needs to know to run lws on it:
//
//   poll    loop_poll.c    lws_service() from the application's own while loop; there is no other way to have a loop of one's own
//                          before lws 4.3, unless lws was built with LWS_WITH_EXTERNAL_POLL, which it is not by default
//   custom  loop_custom.c  poll() of the application, lws told through info.event_lib_custom (lws 4.3 and later)
//   uv      loop_uv.c      libuv      ev  loop_ev.c  libev      glib  loop_glib.c  a GMainLoop: lws is given the loop in
//                          info.foreign_loops and adds its own watchers to it (lws's event library plugin must be installed)
#ifndef WSITRACE_TESTS_FOREIGN_LOOP_H
#define WSITRACE_TESTS_FOREIGN_LOOP_H

#include <libwebsockets.h>

struct foreign_loop {
  const char *name;
  // Makes the loop, before lws, and tells lws of it.
  void (*prepare)(struct lws_context_creation_info *info);
  // Runs it until SIGINT.
  void (*run)(struct lws_context *context);
  // Destroys lws and then the loop, in the order that this one needs.
  void (*destroy)(struct lws_context *context);
};

extern const struct foreign_loop loop_poll, loop_custom, loop_uv, loop_ev, loop_glib;

#endif
