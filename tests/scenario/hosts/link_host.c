// SPDX-License-Identifier: MIT
//
// http_host with wsitrace linked in: the trace goes to the file named by the first argument after the options.
#include <stdio.h>
#include <wsitrace/wsitrace.h>

#include "host.h"

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  const struct wsitrace_options tracing = {.size = sizeof tracing, .trace_file = argv[options.positional]};
  lws_set_log_level(LLL_ERR, NULL);
  if (wsitrace_start(&tracing)) fprintf(stderr, "%s\n", wsitrace_error());
  wsitrace_wrap_protocols(host_protocols);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) {
    fprintf(stderr, "link_host: no context\n");
    return 1;
  }
  host_print_port("");
  host_serve(context, &options);
  wsitrace_context_destroyed(context);
  wsitrace_stop();
  host_print_result(&options);
  return 5;
}
