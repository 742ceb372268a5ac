// SPDX-License-Identifier: MIT
//
// Descriptors that lws opens for a context. 4.3.5 leaves one end of its event pipe open when a context is destroyed (reported by users
// as a leak of one descriptor per lws_create_context() and lws_context_destroy()); 4.1.6 does not.
#include <fcntl.h>
#include <sys/socket.h>

#include "corpus.h"

static const struct lws_protocols protocols[] = {PROTOCOL_HTTP, PROTOCOL_DYN(careful), {0}};

static void cycles(int count, bool serving) {
  for (int i = 0; i < count; i++) {
    struct lws_context_creation_info info = app_info(protocols);
    if (!serving) info.port = CONTEXT_PORT_NO_LISTEN;
    struct lws_context *context = start(&info);
    if (serving) {
      const int fd = dial(port_of(context, "app"));
      get(context, fd, "/");
      hang_up(context, fd);
    }
    lws_context_destroy(context);
  }
}

static void context_cycles(void) { cycles(25, false); }
static void context_cycles_serving(void) { cycles(11, true); }

// Descriptors of the application are its own affair, also those that have the number of one that lws has closed.
static void application_keeps_its_own(void) {
  struct lws_context *context = start_app(protocols);
  for (int i = 0; i < 7; i++) {
    const int fd = dial(port_of(context, "app"));
    get(context, fd, "/");
    hang_up(context, fd);
    if (open("/dev/null", O_RDONLY) < 0 || socket(AF_INET, SOCK_STREAM, 0) < 0) give_up("no descriptor");
  }
  lws_context_destroy(context);
  if (open("/dev/null", O_RDONLY) < 0) give_up("no descriptor");
}

static const struct corpus_case cases[] = {
    {"context_cycles", context_cycles},
    {"context_cycles_serving", context_cycles_serving},
    {"application_keeps_its_own", application_keeps_its_own},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
