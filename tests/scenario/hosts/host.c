// SPDX-License-Identifier: MIT
#include "host.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tracing.h"

enum { kReasons = 1024, kErrnoMark = 4242, kNeverS = 3600 };

static struct lws_vhost *last_vhost;
static struct lws_context *served;
static volatile sig_atomic_t stop_requested;
static uint64_t own_counts[kReasons];
static uint64_t *calls_by_reason = own_counts;
static unsigned long calls, errno_kept, refusals;

static void usage(const char *program) {
  fprintf(
      stderr,
      "usage: %s [--port N] [--files DIR] [--tls CERT KEY] [--plugin DIR TRACE] [--user ID] [--loop poll|uv|uv-alone]"
      " [--counts] [--counter FILE] [--dual]\n",
      program);
  exit(2);
}

static void count_in(const char *path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void *map = MAP_FAILED;
  if (fd >= 0 && !ftruncate(fd, sizeof own_counts))
    map = mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    perror(path);
    exit(1);
  }
  close(fd);
  calls_by_reason = map;
}

struct host_options host_options_from(int argc, char **argv) {
  struct host_options options = {0};
  int i = 1;
  for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
    const int left = argc - i - 1;
    if (!strcmp(argv[i], "--port") && left >= 1) {
      options.port = atoi(argv[++i]);
    } else if (!strcmp(argv[i], "--files") && left >= 1) {
      options.files = argv[++i];
    } else if (!strcmp(argv[i], "--tls") && left >= 2) {
      options.tls_cert = argv[++i];
      options.tls_key = argv[++i];
    } else if (!strcmp(argv[i], "--plugin") && left >= 2) {
      options.plugins = argv[++i];
      options.trace = argv[++i];
    } else if (!strcmp(argv[i], "--counter") && left >= 1) {
      count_in(argv[++i]);
    } else if (!strcmp(argv[i], "--user") && left >= 1) {
      options.user = atoi(argv[++i]);
    } else if (!strcmp(argv[i], "--loop") && left >= 1) {
      options.use_libuv = !strncmp(argv[++i], "uv", 2);
      options.loop_alone = !strcmp(argv[i], "uv-alone");
    } else if (!strcmp(argv[i], "--counts")) {
      options.print_counts = true;
    } else if (!strcmp(argv[i], "--lock-memory")) {
      if (mlockall(MCL_CURRENT | MCL_FUTURE)) perror("mlockall"), exit(1);
    } else if (!strcmp(argv[i], "--dual")) {
      options.dual = true;
    } else {
      usage(argv[0]);
    }
  }
  options.positional = i;
  return options;
}

// How often these come depends on the machine's mood.
static bool is_noise(int reason) {
  return reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED || reason == LWS_CALLBACK_GET_THREAD_ID ||
         (reason >= LWS_CALLBACK_ADD_POLL_FD && reason <= LWS_CALLBACK_UNLOCK_POLL);
}

void host_enter(enum lws_callback_reasons reason) {
  if (is_noise(reason) || (int)reason < 0 || (int)reason >= kReasons) return;
  calls++;
  if (errno == kErrnoMark) errno_kept++;
  calls_by_reason[reason]++;
}

int host_leave(int result) {
  if (result) refusals++;
  errno = kErrnoMark;
  return result;
}

static void on_signal(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
  if (served) lws_cancel_service(served);
}

// libuv takes signals into its loop; lws hands them on here.
static void on_uv_signal(void *handle, int signal_number) {
  (void)handle;
  (void)signal_number;
  stop_requested = 1;
  lws_context_destroy(served);
}

void host_heed_signals(struct lws_context *context) {
  struct sigaction action = {.sa_handler = on_signal};
  served = context;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

bool host_is_stopping(void) { return stop_requested; }

void host_loop(struct lws_context *context, void (*after_turn)(void)) {
  host_heed_signals(context);
  while (!stop_requested && lws_service(context, 0) >= 0)
    if (after_turn) after_turn();
  served = NULL;
}

struct lws_context *host_create_context(const struct host_options *options, const struct lws_protocols *protocols) {
  if (!options->use_libuv) host_heed_signals(NULL);
  static struct lws_http_mount dyn = {
      .mountpoint = "/dyn", .mountpoint_len = 4, .origin = "dyn", .origin_protocol = LWSMPRO_CALLBACK};
  static struct lws_http_mount files = {
      .mountpoint = "/", .mountpoint_len = 1, .def = "index.html", .origin_protocol = LWSMPRO_FILE, .mount_next = &dyn};
  files.origin = options->files;

  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.timeout_secs = info.timeout_secs_ah_idle = kNeverS;
  info.keepalive_timeout = (int)kNeverS;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | (options->dual ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6);
  if (options->use_libuv) {
    info.options |= LWS_SERVER_OPTION_LIBUV;
    if (!options->loop_alone) info.signal_cb = on_uv_signal;
  }
  if (options->tls_cert) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  tracing_by_plugin(&info, options->plugins, options->trace);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return NULL;

  info.vhost_name = "app";
  info.iface = options->dual ? "::ffff:127.0.0.1" : "127.0.0.1";
  info.port = options->port;
  info.protocols = protocols;
  info.mounts = options->files ? &files : &dyn;
  info.ssl_cert_filepath = options->tls_cert;
  info.ssl_private_key_filepath = options->tls_key;
  last_vhost = lws_create_vhost(context, &info);
  if (!last_vhost) {
    lws_context_destroy(context);
    return NULL;
  }
  return context;
}

int host_port(void) { return lws_get_vhost_listen_port(last_vhost); }

void host_print_port(const char *name, int port) {
  printf("%s%sport %d\n", name, *name ? " " : "", port);
  fflush(stdout);
}

void host_serve(struct lws_context *context, const struct host_options *options) {
  if (options->user && (setgid((gid_t)options->user) || setuid((uid_t)options->user))) {
    perror("setuid");
    exit(1);
  }
  if (options->use_libuv) {
    served = context;
    while (!stop_requested && !lws_service(context, 0)) {
    }
    served = NULL;
  } else {
    host_loop(context, NULL);
  }
  lws_context_destroy(context);
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int host_connect(int port) {
  const struct sockaddr_in address = loopback(port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) ? -1 : fd;
}

int host_listen(int *port, int backlog) {
  struct sockaddr_in address = loopback(0);
  socklen_t bytes = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, bytes) || listen(fd, backlog) ||
      getsockname(fd, (struct sockaddr *)&address, &bytes))
    return -1;
  *port = ntohs(address.sin_port);
  return fd;
}

static int open_files(void) {
  int count = -1;  // the directory itself
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return -1;
  while (readdir(directory)) count++;
  closedir(directory);
  return count - 2;  // "." and ".."
}

void host_print_result(const struct host_options *options) {
  printf("callbacks %lu errno_kept %lu nonzero %lu open_files %d\n", calls, errno_kept, refusals, open_files());
  for (int reason = 0; options->print_counts && reason < kReasons; reason++)
    if (calls_by_reason[reason]) printf("callback %d %lu\n", reason, (unsigned long)calls_by_reason[reason]);
}
