// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <time.h>

#include "corpus.h"
#include "tracing.h"

// CORPUS_LOG=1 shows lws's log to whoever wants to know what a case does.
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

int answer(struct lws *wsi) { return send_head(wsi, 6) || send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL); }

int answer_and_complete(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return answer(wsi) ? 1 : complete(wsi);
}

int forgets(struct lws *wsi, struct exchange *exchange) {
  (void)exchange;
  return answer(wsi);  // and no lws_http_transaction_completed()
}

int read_answer(struct lws *wsi) {
  char buffer[LWS_PRE + 256], *p = buffer + LWS_PRE;
  int room = 256;
  return lws_http_client_read(wsi, &p, &room) < 0 ? -1 : 0;
}

int callback_nothing(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)wsi;
  (void)reason;
  (void)user;
  (void)in;
  (void)len;
  return 0;
}

const struct handlers careful = {.http = answer_and_complete};
const struct handlers forgetful = {.http = forgets};

struct lws_context_creation_info app_info(const struct lws_protocols *protocols) {
  static const struct lws_http_mount dyn = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "dyn", .origin_protocol = LWSMPRO_CALLBACK};
  struct lws_context_creation_info info = {.iface = "127.0.0.1", .protocols = protocols, .vhost_name = "app"};
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  for (; protocols && protocols->name; protocols++)
    if (!strcmp(protocols->name, "dyn")) info.mounts = &dyn;
  return info;
}

struct lws_context *start(const struct lws_context_creation_info *info) {
  struct lws_context_creation_info watched = *info;
  // The directory of the plugin, if it is to write that trace; a preload needs nothing of this.
  if (getenv("CORPUS_TRACE")) tracing_by_plugin(&watched, getenv("CORPUS_PLUGIN"), getenv("CORPUS_TRACE"));
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

struct lws_vhost *add_vhost(struct lws_context *context, const struct lws_context_creation_info *info, const char *name,
                            int port) {
  struct lws_context_creation_info named = *info;
  named.vhost_name = name;
  named.port = port;
  struct lws_vhost *vhost = lws_create_vhost(context, &named);
  if (!vhost) give_up("no vhost");
  return vhost;
}

enum { kPatienceMs = 60000, kTurnUs = 300, kLongestTurnMs = 20 };

long long now_ms(void) {
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
