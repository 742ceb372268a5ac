// SPDX-License-Identifier: MIT
//
// A pre-forking daemon: the parent only forks and waits, two children never touch libwebsockets and die of SIGTERM, one serves and leaves
// by _exit() in its signal handler, as kamailio's workers do.    prefork_host [OPTIONS]
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

enum { kChildren = 3 };

static void leave(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static void serve(const struct host_options *options) {
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = host_create_context(options, host_protocols);
  if (!context) _exit(1);
  signal(SIGTERM, leave);
  host_print_port("", host_port());
  while (lws_service(context, 0) >= 0) {
  }
  _exit(1);
}

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGINT);
  sigprocmask(SIG_BLOCK, &asked, NULL);
  pid_t children[kChildren];
  for (int i = 0; i < kChildren; i++) {
    children[i] = fork();
    if (children[i] < 0) return 1;
    if (children[i] == 0 && i == kChildren - 1) serve(&options);
    if (children[i] == 0) {
      pause();
      _exit(1);
    }
  }
  int got = 0;
  sigwait(&asked, &got);
  for (int i = 0; i < kChildren; i++) kill(children[i], SIGTERM);
  for (int i = 0; i < kChildren; i++) waitpid(children[i], NULL, 0);
  return 0;
}
