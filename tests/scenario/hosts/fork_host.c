// SPDX-License-Identifier: MIT
//
// Forks without exec after lws is in use; then both processes serve.
//
//   fork_host [OPTIONS]          the child makes a context of its own: "port N" of the parent, "child port N"
//   fork_host [OPTIONS] shared   the child serves the context it inherited: both accept from one listening socket
//
// SIGINT to the parent ends both; the parent waits for the child and prints last.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

static int serve(struct lws_context *context, const struct host_options *options, const char *who) {
  host_serve(context, options);
  printf("%s ", who);
  host_print_result(options);
  fflush(stdout);
  return 0;
}

static int child(const struct host_options *options, struct lws_context *inherited, bool shared) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (shared) return serve(inherited, options, "child");
  struct lws_context *context = host_create_context(options, host_protocols);
  if (!context) return 1;
  host_print_port("child ");
  return serve(context, options, "child");
}

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  const bool shared = argc > options.positional && !strcmp(argv[options.positional], "shared");
  int status = 0;
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = host_create_context(&options, host_protocols);
  if (!context) return 1;
  const pid_t pid = fork();
  if (pid < 0) return 1;
  if (pid == 0) _exit(child(&options, context, shared));
  printf("child pid %d\n", (int)pid);
  host_print_port("");
  host_serve(context, &options);
  kill(pid, SIGINT);
  waitpid(pid, &status, 0);
  printf("parent ");
  host_print_result(&options);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
