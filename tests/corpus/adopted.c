// SPDX-License-Identifier: MIT
//
// Sockets and files that the application opened, and gave to lws. From then on lws owns them; what it does not own is the
// decision when they end.
#include <fcntl.h>
#include <sys/socket.h>

#include "corpus.h"

static int adopted, received, ended;
static int deaf;

static int callback_line(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
      adopted++;
      if (deaf) lws_rx_flow_control(wsi, 0);
      break;
    case LWS_CALLBACK_RAW_RX: received++; break;
    case LWS_CALLBACK_RAW_RX_FILE: {
      char some[64];
      if (read(lws_get_socket_fd(wsi), some, sizeof some) <= 0) return -1;
      received++;
      break;
    }
    case LWS_CALLBACK_RAW_CLOSE:
    case LWS_CALLBACK_RAW_CLOSE_FILE: ended++; break;
    default: break;
  }
  return 0;
}

static struct lws_context *start_without_listener(const struct handlers *handlers) {
  static struct lws_protocols protocols[4] = {PROTOCOL_HTTP,
                                              {.name = "line", .callback = callback_line, .per_session_data_size = 16}};
  protocols[2] = (struct lws_protocols)PROTOCOL_DYN(*handlers);
  struct lws_context_creation_info info = app_info(protocols);
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.timeout_secs = info.keepalive_timeout = 1;
  return start(&info);
}

// Our end of a connection whose other end lws has: over TCP, as from an accept() of the application.
static int connected_pair(struct lws_context *context, lws_adoption_type type, const char *protocol) {
  int port;
  const int listener = listen_on(&port, 1), fd = dial(port);
  const lws_sock_file_fd_type given = {.sockfd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  close(listener);
  if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), type, given, protocol, NULL))
    give_up("not adopted");
  return fd;
}

static int line(struct lws_context *context) { return connected_pair(context, LWS_ADOPT_SOCKET, "line"); }
static int http(struct lws_context *context) {
  return connected_pair(context, LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET, NULL);
}

// --- Faults ---

static void http_forgotten(void) {
  struct lws_context *context = start_without_listener(&forgetful);
  const int fd = http(context);
  get(context, fd, "/");
  serve_for(context, 100);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void http_forgotten_until_timeout(void) {
  struct lws_context *context = start_without_listener(&forgetful);
  const int fd = http(context);
  get(context, fd, "/");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void never_read(void) {
  struct lws_context *context = start_without_listener(&careful);
  deaf = 1;
  const int fd = line(context);
  say(fd, "anybody there?\n");
  hang_up(context, fd);
  serve_for(context, 1200);
  lws_context_destroy(context);
}

static void never_read_several(void) {
  struct lws_context *context = start_without_listener(&careful);
  int fds[5];
  deaf = 1;
  for (int i = 0; i < 5; i++) fds[i] = line(context);
  for (int i = 0; i < 5; i++) hang_up(context, fds[i]);
  serve_for(context, 1200);
  lws_context_destroy(context);
}

static void loads_leave_lines(int left) {
  struct lws_context *context = start_without_listener(&careful);
  for (int load = 0; load < 6; load++) {
    int fds[7];
    for (int i = 0; i < 7; i++) fds[i] = line(context);
    for (int i = left; i < 7; i++) hang_up(context, fds[i]);
    serve_for(context, 90);
  }
  lws_context_destroy(context);
}

static void lines_grow(void) { loads_leave_lines(3); }

// --- Clean ---

static void lines_go_away(void) { loads_leave_lines(0); }

static void http_completed(void) {
  struct lws_context *context = start_without_listener(&careful);
  const int fd = http(context);
  get(context, fd, "/");
  get(context, fd, "/");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void line_ends(void) {
  struct lws_context *context = start_without_listener(&careful);
  const int fd = line(context);
  say(fd, "hello\n");
  serve_until(context, &received, 1);
  close(fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void line_at_destroy(void) {
  struct lws_context *context = start_without_listener(&careful);
  say(line(context), "hello\n");
  serve_until(context, &received, 1);
  lws_context_destroy(context);
}

// The adoption fails after lws has made a connection of it.
static void adoption_fails(void) {
  struct lws_context *context = start_without_listener(&careful);
  for (int i = 0; i < 5; i++) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair)) give_up("no socket pair");
    const lws_sock_file_fd_type given = {.sockfd = pair[0]};
    if (lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "nobody", NULL))
      give_up("adopted");
    close(pair[1]);
  }
  serve_for(context, 20);
  lws_context_destroy(context);
}

static int adopt_file(struct lws_context *context) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) give_up("no pipe");
  const lws_sock_file_fd_type given = {.filefd = ends[0]};
  if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_RAW_FILE_DESC, given, "line", NULL))
    give_up("not adopted");
  return ends[1];
}

static void file_ends(void) {
  struct lws_context *context = start_without_listener(&careful);
  const int fd = adopt_file(context);
  if (write(fd, "hello\n", 6) != 6) give_up("cannot write");
  serve_until(context, &received, 1);
  close(fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void file_at_destroy(void) {
  struct lws_context *context = start_without_listener(&careful);
  adopt_file(context);
  serve_for(context, 20);
  lws_context_destroy(context);
}

static void unix_socket_ends(void) {
  struct lws_context *context = start_without_listener(&careful);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair)) give_up("no socket pair");
  const lws_sock_file_fd_type given = {.sockfd = pair[0]};
  if (!lws_adopt_descriptor_vhost(lws_get_vhost_by_name(context, "app"), LWS_ADOPT_SOCKET, given, "line", NULL))
    give_up("not adopted");
  say(pair[1], "hello\n");
  serve_until(context, &received, 1);
  close(pair[1]);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void datagrams(void) {
  struct lws_context *context = start_without_listener(&careful);
#if LWS_LIBRARY_VERSION_NUMBER >= 4002000
  struct lws *wsi = lws_create_adopt_udp(lws_get_vhost_by_name(context, "app"), "127.0.0.1", 0, LWS_CAUDP_BIND, "line",
                                         NULL, NULL, NULL, NULL, NULL);
#else
  struct lws *wsi = lws_create_adopt_udp(lws_get_vhost_by_name(context, "app"), "127.0.0.1", 0, LWS_CAUDP_BIND, "line",
                                         NULL, NULL, NULL, NULL);
#endif
  if (!wsi) give_up("no udp socket");
  serve_for(context, 30);
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"http_forgotten", http_forgotten},
    {"http_forgotten_until_timeout", http_forgotten_until_timeout},
    {"never_read", never_read},
    {"never_read_several", never_read_several},
    {"lines_grow", lines_grow},
    {"lines_go_away", lines_go_away},
    {"http_completed", http_completed},
    {"line_ends", line_ends},
    {"line_at_destroy", line_at_destroy},
    {"adoption_fails", adoption_fails},
    {"file_ends", file_ends},
    {"file_at_destroy", file_at_destroy},
    {"unix_socket_ends", unix_socket_ends},
    {"datagrams", datagrams},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
