// SPDX-License-Identifier: MIT
//
// How a host of the timeline tests lets itself be watched. Under `wsitrace run` it needs nothing of this. Otherwise
//
//   HOST --plugin DIR TRACE ARGS...   lws loads the plugin "wsitrace" from DIR, which writes TRACE (lws built with plugins)
//   HOST ARGS... TRACE                the same with wsitrace linked in (hosts built with HOST_LINKS_WSITRACE)
//
// Order:    tracing_from, or tracing_to; tracing_start; lws_create_context with tracing_of_context's additions; tracing_settle;
//           lws_context_destroy; tracing_stop.
// Lifetime: lws keeps pointers to what is added to its info, so it is static. One context per process.
#ifndef WSITRACE_TESTS_TRACING_H
#define WSITRACE_TESTS_TRACING_H

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

#ifdef HOST_LINKS_WSITRACE
#include <wsitrace/wsitrace.h>
#endif

static const char *tracing_plugins, *tracing_trace;

// Takes its own arguments out of argv and returns how many are left.
static inline int tracing_from(int argc, char **argv) {
#ifdef HOST_LINKS_WSITRACE
  tracing_trace = argv[--argc];
#endif
  if (argc < 4 || strcmp(argv[1], "--plugin")) return argc;
  tracing_plugins = argv[2];
  tracing_trace = argv[3];
  for (int i = 4; i < argc; i++) argv[i - 3] = argv[i];
  return argc - 3;
}

// For a host that reads all of its arguments itself: the trace, if it has wsitrace linked in.
static inline void tracing_to(const char *trace) { tracing_trace = trace; }

static inline void tracing_start(struct lws_protocols *table) {
  (void)table;
#ifdef HOST_LINKS_WSITRACE
  const struct wsitrace_options options = {.size = sizeof options, .trace_file = tracing_trace};
  if (wsitrace_start(&options)) fprintf(stderr, "%s\n", wsitrace_error());
  wsitrace_wrap_protocols(table);
#endif
}

// The plugin from DIRECTORY, which writes TRACE; nothing without a DIRECTORY. To be called before the context is made; what it adds
// serves for the vhost, too.
static inline void tracing_by_plugin(struct lws_context_creation_info *info, const char *directory,
                                     const char *trace_file) {
#ifdef LWS_WITH_PLUGINS
  static const char *directories[2];
  static struct lws_protocol_vhost_options trace = {.name = "trace"};
  static struct lws_protocol_vhost_options status = {.next = &trace, .name = "status", .value = "ok"};
  static struct lws_protocol_vhost_options wsitrace = {.options = &status, .name = "wsitrace", .value = ""};
  if (!directory) return;
  directories[0] = directory;
  trace.value = trace_file;
  info->plugin_dirs = directories;
  info->pvo = &wsitrace;
#else
  (void)info;
  (void)directory;
  (void)trace_file;
#endif
}

static inline void tracing_of_context(struct lws_context_creation_info *info) {
  tracing_by_plugin(info, tracing_plugins, tracing_trace);
}

// Once the context is there: plugins are initialised by the first service or connect call, so let it be this one.
static inline void tracing_settle(struct lws_context *context) { lws_service(context, -1); }

// After lws_context_destroy; NULL: the program ends without it.
static inline void tracing_stop(const struct lws_context *destroyed) {
  (void)destroyed;
#ifdef HOST_LINKS_WSITRACE
  if (destroyed) wsitrace_context_destroyed(destroyed);
  wsitrace_stop();
#endif
}

#endif
