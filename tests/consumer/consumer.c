/* SPDX-License-Identifier: MIT
 *
 * A stranger's program, C11, that has wsitrace built in: serves nothing, but makes a context with a listener, destroys it, and
 * looks at its own report. Prints "one listener, closed" when that is what the report says. */
#include <stdio.h>
#include <string.h>
#include <wsitrace/wsitrace.h>

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  return lws_callback_http_dummy(wsi, reason, user, in, len);
}

static struct lws_protocols protocols[] = {{.name = "http", .callback = callback}, {.name = NULL}};

static int listen_and_stop(void) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return -1;
  lws_context_destroy(context);
  wsitrace_context_destroyed(context);
  return 0;
}

int main(void) {
  const struct wsitrace_options options = {.size = sizeof options};
  if (wsitrace_start(&options)) {
    fprintf(stderr, "%s\n", wsitrace_error());
    return 1;
  }
  wsitrace_wrap_protocols(protocols);
  if (listen_and_stop()) return 1;
  char *report = wsitrace_report_json();
  char *metrics = wsitrace_metrics();
  const int seen = report && metrics && strstr(report, "\"class\":\"listener\"") && strstr(report, "\"closed\":1") &&
                   strstr(metrics, "lws_connections_opened_total");
  if (!seen) fprintf(stderr, "unexpected report: %s\n", report ? report : wsitrace_error());
  wsitrace_free(report);
  wsitrace_free(metrics);
  wsitrace_stop();
  if (!seen) return 1;
  puts("one listener, closed");
  return 0;
}
