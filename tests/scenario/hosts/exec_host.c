// SPDX-License-Identifier: MIT
//
// Serves until SIGINT, then executes itself (same pid, new program image) and serves once more until SIGINT:
//   exec_host [OPTIONS] [LIVES_LEFT]      prints "port N" in each life
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  const bool last_life = argc > options.positional && atoi(argv[options.positional]) == 0;
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) return 1;
  host_print_port("", host_port());
  host_serve(context, &options);
  host_print_result(&options);
  fflush(stdout);
  if (last_life) return 0;

  char **again = calloc((size_t)argc + 2, sizeof *again);
  if (!again) return 1;
  for (int i = 0; i < argc; i++) again[i] = argv[i];
  again[options.positional] = "0";
  execv("/proc/self/exe", again);
  perror("exec_host: execv");
  return 1;
}
