// SPDX-License-Identifier: MIT
//
// The plain host as a module for dlopen_host.
#include "host.h"

__attribute__((visibility("default"))) int module_main(int argc, char **argv);

int module_main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) return 1;
  host_print_port("", host_port());
  host_serve(context, &options);
  host_print_result(&options);
  return 0;
}
