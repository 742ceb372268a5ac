// SPDX-License-Identifier: MIT
//
// Knows nothing of libwebsockets; loads a module that brings it along, RTLD_LOCAL, lets it serve until SIGINT, unloads it,
// and does the same once more, with another one if there are two:    dlopen_host MODULE[:MODULE] [OPTIONS]
// csound gets its websockets in this way.
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef int (*module_main)(int argc, char **argv);

static int one_life(const char *path, int argc, char **argv) {
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    fprintf(stderr, "dlopen_host: %s\n", dlerror());
    return 1;
  }
  module_main run;
  *(void **)&run = dlsym(module, "module_main");
  const int status = run ? run(argc, argv) : 1;
  fflush(stdout);
  dlclose(module);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: dlopen_host MODULE[:MODULE] [OPTIONS]\n");
    return 2;
  }
  char *second = strchr(argv[1], ':');
  if (second) *second++ = '\0';
  for (int life = 0; life < 2; life++) {
    const int status = one_life(life && second ? second : argv[1], argc - 1, argv + 1);
    if (status) return status;
  }
  printf("unloaded twice\n");
  return 0;
}
