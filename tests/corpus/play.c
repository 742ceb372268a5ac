// SPDX-License-Identifier: MIT
#include "corpus.h"

enum { kAWhileMs = 100 };

struct lws_context *start_dyn(const struct handlers *handlers) {
  static struct lws_protocols protocols[3] = {PROTOCOL_HTTP};
  protocols[1] = (struct lws_protocols)PROTOCOL_DYN(*handlers);
  struct lws_context_creation_info info = app_info(protocols);
  info.timeout_secs = info.timeout_secs_ah_idle = 1;
  info.keepalive_timeout = 1;
  return start(&info);
}

void finish(struct lws_context *context, int fd, enum ending ending) {
  if (ending == kClientLeavesLater || ending == kContextEndsLater) serve_for(context, kAWhileMs);
  if (ending == kClientLeaves || ending == kClientLeavesLater) hang_up(context, fd);
  if (ending == kServerCloses) expect_end(context, fd);
  lws_context_destroy(context);
}

void play(struct handlers handlers, const char *request, const char *answered, enum ending ending) {
  struct lws_context *context = start_dyn(&handlers);
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  if (answered) expect(context, fd, answered);
  finish(context, fd, ending);
}
