// SPDX-License-Identifier: MIT
//
// Forks without exec after lws is in use.
//
//   fork_host [OPTIONS]          parent and child serve, each a context of its own: "port N" and "child port N"
//   fork_host [OPTIONS] inherit  the child serves the context that the parent made, as daemons do: "port N". The parent only
//                                waits. (libwebsockets cannot share a context: its event pipe must have one reader.)
//
// SIGINT to the parent ends both; the parent waits for the child and prints last.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

static pid_t child_pid;

static int serve(struct lws_context *context, const struct host_options *options, const char *who) {
  host_serve(context, options);
  printf("%s ", who);
  host_print_result(options);
  fflush(stdout);
  return 0;
}

static int child_with_own_context(const struct host_options *options) {
  struct lws_context *context = host_create_context(options, host_protocols);
  if (!context) return 1;
  host_print_port("child", host_port());
  return serve(context, options, "child");
}

static void parent_with_own_context(struct lws_context *context, const struct host_options *options) {
  host_print_port("", host_port());
  serve(context, options, "parent");
  kill(child_pid, SIGINT);
}

static void pass_on(int signal_number) { kill(child_pid, signal_number); }

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  const bool inherit = argc > options.positional && !strcmp(argv[options.positional], "inherit");
  int status = 0;
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) return 1;
  child_pid = fork();
  if (child_pid < 0) return 1;
  if (child_pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(inherit ? serve(context, &options, "child") : child_with_own_context(&options));
  }
  printf("child pid %d\n", (int)child_pid);
  if (inherit) {
    signal(SIGINT, pass_on);
    host_print_port("", host_port());
  } else {
    parent_with_own_context(context, &options);
  }
  while (waitpid(child_pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
