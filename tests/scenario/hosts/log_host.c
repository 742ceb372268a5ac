// SPDX-License-Identifier: MIT
//
// Logs lines of many kinds through lws's own macros, at every level, to an emitter of its own or to lws's:    log_host MASK [stderr]
// MASK says which levels are wanted. Prints what the emitter got; the same each time.
#include <libwebsockets.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int lines, errors;

static void emit(int level, const char *line) {
  printf("%d %s", level, line);
  if (errno != ENOTTY) errors++;
  lines++;
}

// What wsitrace knows is among them, said by somebody else than lws.
static void log_all(int level, const char *longest) {
  errno = ENOTTY;
  _lws_log(level, "plain\n");
  _lws_log(level, "no end of line");
  _lws_log(level, "%s %d %ld %u 0x%08X %c %5.2f %lf %s\n", "text", -1, 1L << 40, 2u, 3u, 'x', 2.5, 1e9, "last");
  _lws_log(level, "%d %d %d %d %d %d %d %d %d %d %f %f %f %f %f %f %f %f %f\n", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1., 2.,
           3., 4., 5., 6., 7., 8., 9.);
  _lws_log(level, "%m\n");
  _lws_log(level, "100%% of %.*s\n", 3, "abcdef");
  _lws_log(level, "%s\n", longest);
  _lws_log(level, "reached concurrent stream limit\n");
  _lws_log(level, "%s: %p: ERR 0x%x, '%s'\n", "goaway", (void *)16, 1, "Another stream not allowed");
  _lws_log(level, "wsi %p: TIMEDOUT WAITING on %d (did hdr %d, ah %p, wl %d)\n", (void *)16, 5, 1, (void *)16, 0);
  _lws_log(level, "ERROR on binding fd %d to port %d (%d %d)\n", 7, 80, -1, EACCES);
#if defined(lwsl_cx_err)
  _lws_log_cx(NULL, NULL, NULL, level, NULL, "no context %s %d %f", "text", 7, 1.5);
  _lws_log_cx(NULL, NULL, NULL, level, __func__, "Too many fds (%d vs %d)", 7, 7);
#endif
  if (errno != ENOTTY) errors++;
}

int main(int argc, char **argv) {
  char longest[4096];
  if (argc < 2) return 2;
  memset(longest, 'x', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  lws_set_log_level(atoi(argv[1]), argc > 2 ? NULL : emit);
  // A context, so that an observer of lws has something to observe.
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN};
  lws_set_log_level(0, argc > 2 ? NULL : emit);
  struct lws_context *context = lws_create_context(&info);
  lws_set_log_level(atoi(argv[1]), argc > 2 ? NULL : emit);
  for (int level = LLL_ERR; level <= LLL_THREAD; level *= 2) log_all(level, longest);
  lws_set_log_level(0, argc > 2 ? NULL : emit);
  lws_context_destroy(context);
  printf("%d lines, errno changed %d times\n", lines, errors);
  return 0;
}
