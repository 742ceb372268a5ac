// SPDX-License-Identifier: MIT
//
// Has libwebsockets linked statically, and loads a module that brings a shared one along: serves with its own until SIGINT, then the module
// serves until SIGINT:    both_host MODULE [OPTIONS]
#include <dlfcn.h>
#include <stdio.h>

#include "host.h"

static int serve_as_module(const char *path, int argc, char **argv) {
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    fprintf(stderr, "both_host: %s\n", dlerror());
    return 1;
  }
  int (*run)(int argc, char **argv);
  *(void **)&run = dlsym(module, "module_main");
  return run ? run(argc, argv) : 1;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: both_host MODULE [OPTIONS]\n");
    return 2;
  }
  const struct host_options options = host_options_from(argc - 1, argv + 1);
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) return 1;
  host_print_port("", host_port());
  host_serve(context, &options);
  return serve_as_module(argv[1], argc - 1, argv + 1);
}
