// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <time.h>

#include "corpus.h"

enum { kPatienceMs = 60000, kTurnUs = 300, kLongestTurnMs = 20 };

int corpus_main(int argc, char **argv, const struct corpus_case *cases) {
  lws_set_log_level(getenv("CORPUS_LOG") ? 0xffff : 0, NULL);
  for (; argc == 2 && cases->name; cases++) {
    if (strcmp(cases->name, argv[1]) != 0) continue;
    cases->run();
    return 0;
  }
  give_up("no such case");
}

void give_up(const char *what) {
  fprintf(stderr, "corpus: %s\n", what);
  exit(2);
}

static int begin(struct lws *wsi, const struct handlers *handlers, struct exchange *exchange, const char *path) {
  memset(exchange, 0, sizeof *exchange);
  exchange->wsi = wsi;
  lws_strncpy(exchange->path, path ? path : "", sizeof exchange->path);
  return handlers->http ? handlers->http(wsi, exchange) : 0;
}

int callback_dyn(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  const struct lws_protocols *protocol = lws_get_protocol(wsi);
  const struct handlers *handlers = protocol ? protocol->user : NULL;
  if (!handlers || !user) return 0;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return begin(wsi, handlers, user, in);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return handlers->body_completion ? handlers->body_completion(wsi, user) : 0;
    case LWS_CALLBACK_HTTP_WRITEABLE: return handlers->writeable ? handlers->writeable(wsi, user) : 0;
    case LWS_CALLBACK_TIMER: return handlers->timer ? handlers->timer(wsi, user) : 0;
    case LWS_CALLBACK_CLOSED_HTTP: return handlers->closed ? handlers->closed(wsi, user) : 0;
    default: return 0;
  }
}

int send_head(struct lws *wsi, long long bytes) {
  unsigned char buffer[LWS_PRE + 512], *head = buffer + LWS_PRE, *p = head, *end = buffer + sizeof buffer;
  const lws_filepos_t length = bytes < 0 ? LWS_ILLEGAL_HTTP_CONTENT_LEN : (lws_filepos_t)bytes;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", length, &p, end)) return 1;
  return lws_finalize_write_http_header(wsi, head, &p, end);
}

int send_body(struct lws *wsi, const char *text, enum lws_write_protocol how) {
  unsigned char buffer[LWS_PRE + 512];
  const size_t bytes = strlen(text);
  memcpy(buffer + LWS_PRE, text, bytes);
  return lws_write(wsi, buffer + LWS_PRE, bytes, how) < (int)bytes ? 1 : 0;
}

int answer(struct lws *wsi) { return send_head(wsi, 6) || send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL); }

int complete(struct lws *wsi) { return lws_http_transaction_completed(wsi) ? -1 : 0; }

int answer_and_complete(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return answer(wsi) ? 1 : complete(wsi);
}

struct lws_context_creation_info app_info(const struct lws_protocols *protocols) {
  static const struct lws_http_mount dyn = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "dyn", .origin_protocol = LWSMPRO_CALLBACK};
  struct lws_context_creation_info info = {.iface = "127.0.0.1", .protocols = protocols, .vhost_name = "app"};
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  for (; protocols && protocols->name; protocols++)
    if (!strcmp(protocols->name, "dyn")) info.mounts = &dyn;
  return info;
}

// CORPUS_PLUGIN names the directory of the plugin, if it is to write the trace CORPUS_TRACE; a preload needs nothing of this.
static void add_plugin(struct lws_context_creation_info *info) {
#ifdef LWS_WITH_PLUGINS
  static const char *directories[2];
  static struct lws_protocol_vhost_options trace = {.name = "trace"};
  static struct lws_protocol_vhost_options status = {.next = &trace, .name = "status", .value = "ok"};
  static struct lws_protocol_vhost_options wsitrace = {.options = &status, .name = "wsitrace", .value = ""};
  directories[0] = getenv("CORPUS_PLUGIN");
  trace.value = getenv("CORPUS_TRACE");
  if (!directories[0] || !trace.value) return;
  info->plugin_dirs = directories;
  info->pvo = &wsitrace;
#else
  (void)info;
#endif
}

struct lws_context *start(const struct lws_context_creation_info *info) {
  struct lws_context_creation_info watched = *info;
  add_plugin(&watched);
  struct lws_context *context = lws_create_context(&watched);
  if (!context) give_up("no context");
  return context;
}

struct lws_context *start_app(const struct lws_protocols *protocols) {
  const struct lws_context_creation_info info = app_info(protocols);
  return start(&info);
}

int port_of(struct lws_context *context, const char *vhost) {
  struct lws_vhost *found = lws_get_vhost_by_name(context, vhost);
  if (!found) give_up("no such vhost");
  return lws_get_vhost_listen_port(found);
}

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void turn(struct lws_context *context) {
  lws_service(context, -1);
  usleep(kTurnUs);
}

// While others have the processor nothing is served: a turn counts for kLongestTurnMs at most, so that lws always has turns left when a
// timeout of its own is over.
void serve_for(struct lws_context *context, int ms) {
  long long served = 0, before = now_ms();
  do {
    turn(context);
    const long long now = now_ms(), took = now - before;
    served += took < kLongestTurnMs ? took : kLongestTurnMs;
    before = now;
  } while (served < ms);
}

void serve_until(struct lws_context *context, const volatile int *counter, int value) {
  const long long end = now_ms() + kPatienceMs;
  while (*counter < value) {
    if (now_ms() > end) give_up("what was to be counted did not happen");
    turn(context);
  }
}
