// SPDX-License-Identifier: MIT
//
// A library whose constructor makes a context: it runs before main(), and before the constructors of what was preloaded.
#include <stdlib.h>

#include "early.h"
#include "host.h"

static struct host_options options;
static struct lws_context *context;

__attribute__((constructor)) static void make_context(void) {
  options.files = getenv("EARLY_FILES");
  lws_set_log_level(LLL_ERR, NULL);
  context = host_create_context(&options, host_protocols);
}

int early_serve(void) {
  if (!context) return 1;
  host_print_port("", host_port());
  host_serve(context, &options);
  return 5;
}
