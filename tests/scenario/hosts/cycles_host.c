// SPDX-License-Identifier: MIT
//
// Makes CONTEXTS contexts, sends each one request over a connection of its own, destroys them, and does all of that
// CYCLES times:    cycles_host [OPTIONS] CYCLES CONTEXTS
// The client is this very thread, so the host needs nobody and always does the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

enum { kMaxContexts = 16, kPatience = 100000 };

// Serves CONTEXT until the peer of FD, which is CONTEXT itself, has answered and closed.
static bool request(struct lws_context *context, int port) {
  static const char text[] = "GET /dyn HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  char answer[1024] = "";
  size_t have = 0;
  const int fd = host_connect(port);
  if (fd < 0) {
    perror("cycles_host: connect");
    exit(1);
  }
  if (send(fd, text, sizeof text - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof text - 1)) return false;
  for (int turn = 0; turn < kPatience; turn++) {
    lws_service(context, -1);
    const ssize_t got = recv(fd, answer + have, sizeof answer - 1 - have, MSG_DONTWAIT);
    if (got == 0) break;
    if (got > 0) have += (size_t)got;
  }
  close(fd);
  return strstr(answer, " 200 ") && strstr(answer, "dyn\n");
}

static unsigned long cycle(const struct host_options *options, int contexts) {
  struct lws_context *context[kMaxContexts];
  int port[kMaxContexts];
  unsigned long answered = 0;
  for (int i = 0; i < contexts; i++) {
    context[i] = host_create_context(options, host_protocols);
    if (!context[i]) exit(1);
    port[i] = host_port();
  }
  for (int i = 0; i < contexts; i++)
    if (request(context[i], port[i])) answered++;
  for (int i = 0; i < contexts; i++) lws_context_destroy(context[i]);
  return answered;
}

int main(int argc, char **argv) {
  const struct host_options options = host_options_from(argc, argv);
  const int cycles = argc > options.positional ? atoi(argv[options.positional]) : 1;
  const int contexts = argc > options.positional + 1 ? atoi(argv[options.positional + 1]) : 1;
  unsigned long answered = 0;
  if (contexts < 1 || contexts > kMaxContexts) return 2;
  lws_set_log_level(LLL_ERR, NULL);
  for (int i = 0; i < cycles; i++) answered += cycle(&options, contexts);
  printf("answered %lu\n", answered);
  host_print_result(&options);
  return 0;
}
