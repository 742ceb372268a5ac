/* SPDX-License-Identifier: MIT
 *
 * wsitrace linked into a program, from C11 or C++.
 *
 *   static struct lws_protocols protocols[] = { ... };      // not const: its callbacks are wrapped in place
 *
 *   struct wsitrace_options options = { .size = sizeof options, .trace_file = "my.wsitrace" };
 *   if (wsitrace_start(&options) != 0) fprintf(stderr, "%s\n", wsitrace_error());
 *   wsitrace_wrap_protocols(protocols);                      // before lws_create_context
 *   ... the program's own life with lws ...
 *   lws_context_destroy(context);
 *   wsitrace_context_destroyed(context);
 *   wsitrace_stop();
 *
 * The library calls no function of libwebsockets by name. wsitrace_start() hands it the addresses of those that this program
 * was linked with, statically or not, so one libwsitrace serves every supported version (4.1.6 to 5.0).
 *
 * Threads: wsitrace_start and wsitrace_stop from one thread; the rest from any.
 * Errors:  functions return 0, or -1 with a line for people in wsitrace_error(). Whatever fails, the program's own callbacks are
 *          called as before.
 * Cost:    one background thread; per event see deploy/manual/performance.md.
 */
#ifndef WSITRACE_WSITRACE_H
#define WSITRACE_WSITRACE_H

#include <stddef.h>

#include <libwebsockets.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WSITRACE_API __attribute__((visibility("default")))

struct wsitrace_options {
  size_t size;            /* sizeof(struct wsitrace_options): lets later versions add members */
  const char *trace_file; /* trace to write, or NULL for none; "%p" in it becomes the process id */
  const char *ring_file; /* ring file to record into (must not exist), or NULL for nameless memory; a named one survives
                               a crash of the program and can be read with `wsitrace report` */
  unsigned int ring_slots; /* slots of 32 bytes per recording thread, 64 to 4194304; 0: 32768 */
  unsigned int history;    /* ended connections kept for wsitrace_report_json(); 0: 10000 */
};

/* The functions of the program's libwebsockets that wsitrace uses. Filled in by wsitrace_start(). */
struct wsitrace_lws {
  size_t size;
  const char *(*get_library_version)(void);
  struct lws_vhost *(*get_vhost)(struct lws *wsi);
  const char *(*get_vhost_name)(struct lws_vhost *vhost);
  int (*get_vhost_listen_port)(struct lws_vhost *vhost);
  const struct lws_protocols *(*vhost_name_to_protocol)(struct lws_vhost *vhost, const char *name);
  const struct lws_protocols *(*get_protocol)(struct lws *wsi);
  lws_sockfd_type (*get_socket_fd)(struct lws *wsi);
  struct lws *(*get_network_wsi)(struct lws *wsi);
  int (*http_get_uri_and_method)(struct lws *wsi, char **uri, int *length);
  int (*hdr_copy)(struct lws *wsi, char *to, int room, enum lws_token_indexes token);
  void *(*get_ssl)(struct lws *wsi);                          /* NULL: lws without OpenSSL */
  unsigned int (*http_client_http_response)(struct lws *wsi); /* NULL: lws without client support */
  struct lws *(*get_parent)(const struct lws *wsi);
  int (*partial_buffered)(struct lws *wsi);
};

/* Starts recording. Once per process. */
WSITRACE_API int wsitrace_start_with(const struct wsitrace_options *options, const struct wsitrace_lws *lws);

/* Wraps the callbacks of TABLE, in place. TABLE ends with an entry without callback and must be writable. Call it before
 * the context or vhost that uses TABLE is made. */
WSITRACE_API void wsitrace_wrap_protocols(struct lws_protocols *table);

/* Wraps the table of a vhost that exists already; PROTOCOL_NAME is the name of any of its protocols. For tables that
 * cannot be wrapped in place. A program that broadcasts by such a table (lws_callback_on_writable_all_protocol) must name
 * the protocol by lws_vhost_name_to_protocol() afterwards. */
WSITRACE_API int wsitrace_attach_vhost(struct lws_vhost *vhost, const char *protocol_name);

/* Tells that lws_context_destroy(CONTEXT) has returned. Without it a connection that was never destroyed cannot be told from
 * one that was open at the end. */
WSITRACE_API void wsitrace_context_destroyed(const struct lws_context *context);

/* Writes what is pending, ends the trace, stops the thread. Wrapped callbacks keep working, unrecorded. */
WSITRACE_API void wsitrace_stop(void);

/* The report (wsitrace.report/1) and the metrics (Prometheus text) as of now; NULL on error. Free with wsitrace_free(). */
WSITRACE_API char *wsitrace_report_json(void);
WSITRACE_API char *wsitrace_metrics(void);
WSITRACE_API void wsitrace_free(char *text);

/* A verdict on a part of the program, such as one test: what begins in it must end in it. One at a time; returns 0 or -1. */
WSITRACE_API int wsitrace_check_begin(void);

/* Ends that part. Waits up to SETTLE_MS milliseconds for connections to go; some other thread must serve the context meanwhile.
 * Returns what `wsitrace check` would exit with (0: clean, 1: findings, 3: inconclusive, events were lost), or -1. *TEXT,
 * unless TEXT is NULL, gets the verdict in words, to be freed with wsitrace_free(), or NULL. */
WSITRACE_API int wsitrace_check_end(unsigned int settle_ms, char **text);

/* The last error of the calling thread, one line without newline; "" when there was none. */
WSITRACE_API const char *wsitrace_error(void);

#if defined(LWS_WITH_TLS) && !defined(LWS_WITH_MBEDTLS)
static inline void *wsitrace_ssl_of(struct lws *wsi) { return (void *)lws_get_ssl(wsi); }
#endif

static inline int wsitrace_start(const struct wsitrace_options *options) {
  struct wsitrace_lws lws;
  lws.size = sizeof lws;
  lws.get_library_version = lws_get_library_version;
  lws.get_vhost = lws_get_vhost;
  lws.get_vhost_name = lws_get_vhost_name;
  lws.get_vhost_listen_port = lws_get_vhost_listen_port;
  lws.vhost_name_to_protocol = lws_vhost_name_to_protocol;
  lws.get_protocol = lws_get_protocol;
  lws.get_socket_fd = lws_get_socket_fd;
  lws.get_network_wsi = lws_get_network_wsi;
  lws.http_get_uri_and_method = lws_http_get_uri_and_method;
  lws.hdr_copy = lws_hdr_copy;
#if defined(LWS_WITH_TLS) && !defined(LWS_WITH_MBEDTLS)
  lws.get_ssl = wsitrace_ssl_of;
#else
  lws.get_ssl = NULL;
#endif
#if defined(LWS_WITH_CLIENT)
  lws.http_client_http_response = lws_http_client_http_response;
#else
  lws.http_client_http_response = NULL;
#endif
  lws.get_parent = lws_get_parent;
  lws.partial_buffered = lws_partial_buffered;
  return wsitrace_start_with(options, &lws);
}

#ifdef __cplusplus
}
#endif

#endif
