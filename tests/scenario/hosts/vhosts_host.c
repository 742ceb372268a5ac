// SPDX-License-Identifier: MIT
//
// Vhosts that share a port, a vhost on a unix socket, vhosts that end before their context, contexts that end before the process:
//
//   vhosts_host --files DIR [--unix PATH] [--destroy VHOST] [--contexts N] [--keepalive S] [--end destroy|leave]
//
// Each context has vhosts "front" and "back" on one port; "front" is made first and owns the listener, the Host header says who
// gets a connection. --unix: the first context has "local", too, on the socket PATH. protocols[0] is "VHOST-http", which has no
// session data; websocket protocol "echo". Each context has a thread of its own.
//
// SIGUSR1 destroys the vhost named by --destroy in the first context, SIGUSR2 the first context, SIGINT whatever is left
// (--end leave: the program ends without; lws 4.1.6 crashes in lws_context_destroy when a vhost gave its listener away and lives on).
// Prints "port N" ("second port N"), "destroyed 1" when SIGUSR1 or SIGUSR2 was obeyed.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "tracing.h"

enum { kContexts = 2, kVhosts = 3, kUnix = 2 };

struct served {
  pthread_t thread;
  struct lws_context *context;
  struct lws_vhost *vhosts[kVhosts];
  volatile sig_atomic_t vhost_ends, ends;
};

static const char *const vhost_names[kVhosts] = {"front", "back", "local"};
static struct served served[kContexts];
static int contexts = 1, leaves;
static const char *files, *unix_path, *doomed = "front";

// An lws built for several threads asks for SO_REUSEPORT on unix sockets, too, which newer kernels refuse, and then has no listener.
__attribute__((visibility("default"))) int setsockopt(int fd, int level, int name, const void *value, socklen_t bytes) {
  const long result = syscall(SYS_setsockopt, fd, level, name, value, bytes);
  return result < 0 && name == SO_REUSEPORT && errno == EOPNOTSUPP ? 0 : (int)result;
}

#define PROTOCOLS(HTTP) \
  { {.name = HTTP, .callback = lws_callback_http_dummy}, HOST_ECHO, {0}, }
static struct lws_protocols protocols[kVhosts][3] = {PROTOCOLS("front-http"), PROTOCOLS("back-http"),
                                                     PROTOCOLS("local-http")};

static void on_signal(int number) {
  if (number == SIGUSR1) served[0].vhost_ends = 1;
  for (int i = 0; i < contexts; i++) {
    if (number == SIGINT || (number == SIGUSR2 && i == 0)) served[i].ends = 1;
    if (served[i].context) lws_cancel_service(served[i].context);
  }
}

static void destroy_vhost(struct served *of) {
  of->vhost_ends = 0;
  for (int i = 0; i < kVhosts; i++) {
    if (!of->vhosts[i] || strcmp(vhost_names[i], doomed)) continue;
    lws_vhost_destroy(of->vhosts[i]);
    of->vhosts[i] = NULL;
  }
  puts("destroyed 1");
  fflush(stdout);
}

static void *serve(void *slot) {
  struct served *of = slot;
  struct lws_context *context = of->context;
  while (!of->ends && lws_service(context, 0) >= 0)
    if (of->vhost_ends) destroy_vhost(of);
  if (leaves) return NULL;
  of->context = NULL;
  lws_context_destroy(context);
#ifdef HOST_LINKS_WSITRACE
  wsitrace_context_destroyed(context);
#endif
  puts("destroyed 1");
  fflush(stdout);
  return NULL;
}

static struct lws_vhost *make_vhost(struct served *of, struct lws_context_creation_info info, int vhost) {
  static struct lws_http_mount mount = {
      .mountpoint = "/", .mountpoint_len = 1, .def = "index.html", .origin_protocol = LWSMPRO_FILE};
  mount.origin = files;
  info.vhost_name = vhost_names[vhost];
  info.protocols = protocols[vhost];
  info.mounts = &mount;
  info.iface = "127.0.0.1";
  if (vhost == kUnix) {
    info.iface = unix_path;
    info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
  } else if (vhost) {
    info.port = lws_get_vhost_listen_port(of->vhosts[0]);
  }
  return lws_create_vhost(of->context, &info);
}

static int start(struct served *of, const struct lws_context_creation_info *info) {
  const int is_first = of == served, vhosts = is_first && unix_path ? kVhosts : kUnix;
  of->context = lws_create_context(info);
  if (!of->context) return -1;
  for (int i = 0; i < vhosts; i++)
    if (!(of->vhosts[i] = make_vhost(of, *info, i))) return -1;
  tracing_settle(of->context);
  host_print_port(is_first ? "" : "second", lws_get_vhost_listen_port(of->vhosts[0]));
  return 0;
}

int main(int argc, char **argv) {
  struct lws_context_creation_info info = {.options =
                                               LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6};
  argc = tracing_from(argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--files")) files = argv[i + 1];
    if (!strcmp(argv[i], "--unix")) unix_path = argv[i + 1];
    if (!strcmp(argv[i], "--destroy")) doomed = argv[i + 1];
    if (!strcmp(argv[i], "--contexts")) contexts = atoi(argv[i + 1]);
    if (!strcmp(argv[i], "--keepalive")) info.keepalive_timeout = atoi(argv[i + 1]);
    if (!strcmp(argv[i], "--end")) leaves = !strcmp(argv[i + 1], "leave");
  }
  if (!files || contexts < 1 || contexts > kContexts) return 2;
  lws_set_log_level(LLL_ERR, NULL);
  tracing_start(protocols[0]);
#ifdef HOST_LINKS_WSITRACE
  for (int i = 1; i < kVhosts; i++) wsitrace_wrap_protocols(protocols[i]);
#endif
  tracing_of_context(&info);
  signal(SIGINT, on_signal);  // before anybody knows a port
  signal(SIGUSR1, on_signal);
  signal(SIGUSR2, on_signal);
  for (int i = 0; i < contexts; i++)
    if (start(&served[i], &info)) return 1;
  for (int i = 0; i < contexts; i++)
    if (pthread_create(&served[i].thread, NULL, serve, &served[i])) return 1;
  for (int i = 0; i < contexts; i++) pthread_join(served[i].thread, NULL);
  tracing_stop(NULL);
  return 0;
}
