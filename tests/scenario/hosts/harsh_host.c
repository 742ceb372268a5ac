// SPDX-License-Identifier: MIT
//
// The plain host in a program that does what few do:    harsh_host [OPTIONS] closefrom|vfork|small-stack|none
//
//   closefrom    closes all descriptors from 3 on at its start, as daemons do
//   vfork        starts programs with vfork(2) before it serves, while it does and after that, and runs them in the parent's memory until then
//   small-stack  serves on a thread with the smallest stack that there is (PTHREAD_STACK_MIN, 16 KiB)
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

static struct host_options options;

static void start_true(const char *when) {
  char *const command[] = {"true", NULL};
  const pid_t child = vfork();
  if (child == 0) {
    execvp(command[0], command);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  printf("started %s: status %d\n", when, status);
}

static void *serve(void *context) {
  host_serve(context, &options);
  return NULL;
}

static int serve_on_small_stack(struct lws_context *context) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  const int failed = pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN) ||
                     pthread_create(&thread, &attributes, serve, context);
  return failed ? -1 : pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
  options = host_options_from(argc, argv);
  const char *way = argc > options.positional ? argv[options.positional] : "none";
  const int forks = !strcmp(way, "vfork");
  lws_set_log_level(LLL_ERR, NULL);
  if (!strcmp(way, "closefrom") && syscall(SYS_close_range, 3, ~0U, 0)) return 1;
  if (forks) start_true("before");
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) return 1;
  if (forks) start_true("meanwhile");
  host_print_port("", host_port());
  if (strcmp(way, "small-stack") != 0) host_serve(context, &options);
  else if (serve_on_small_stack(context)) return 1;
  if (forks) start_true("after");
  host_print_result(&options);
  return 5;
}
