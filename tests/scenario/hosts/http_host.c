// SPDX-License-Identifier: MIT
//
// The plain host: one context, one vhost, see host.h. As link_host it has wsitrace linked in: the trace goes to the file named by the first
// argument after the options.
#include <stdio.h>

#include "host.h"
#include "tracing.h"

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  lws_set_log_level(LLL_ERR, NULL);
  tracing_to(argv[options.positional]);
  tracing_start(host_protocols);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) {
    fprintf(stderr, "http_host: no context\n");
    return 1;
  }
  host_print_port("", host_port());
  host_serve(context, &options);
  tracing_stop(context);
  host_print_result(&options);
  return 5;  // a status of its own, so that passing it on can be seen
}
