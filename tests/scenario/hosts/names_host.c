// SPDX-License-Identifier: MIT
//
// http_host with a protocol whose name was chosen by an enemy of whoever shows it: markup, quotes, a newline, bytes that are no UTF-8.
#include <stdio.h>

#include "host.h"

#define MOST_PROTOCOLS 8

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  struct lws_protocols protocols[MOST_PROTOCOLS] = {{0}};
  lws_set_log_level(LLL_ERR, NULL);
  for (int i = 0; i < MOST_PROTOCOLS - 1 && host_protocols[i].name; i++) protocols[i] = host_protocols[i];
  protocols[0].name = "<img src=x onerror=alert(1)>\"'&amp;\n\xff\xe9\xc3\xa9";
  struct lws_context *context = host_create_context(&options, protocols);
  if (!context) {
    fprintf(stderr, "names_host: no context\n");
    return 1;
  }
  host_print_port("", host_port());
  host_serve(context, &options);
  return 5;
}
