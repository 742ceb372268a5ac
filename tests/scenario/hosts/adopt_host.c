// SPDX-License-Identifier: MIT
//
// An application with an accept() loop of its own, on select(), which hands what it gets to lws.
//
//   adopt_host HOW     the connections to "port N" become
//     http             lws_adopt_socket_vhost: a web connection, as if lws had accepted it
//     readbuf          lws_adopt_socket_vhost_readbuf: the same, after the application has read the first bytes itself
//     raw              lws_adopt_descriptor_vhost, LWS_ADOPT_SOCKET: bytes without a protocol of lws's own
//     child            the first one raw, all others raw with the first as their parent: they end with it
//     pipe             raw, and each has a pipe that is adopted as a raw file, its child, as a shell's is under sshd
//     unknown          raw, for a protocol that the vhost does not have: lws refuses and closes the socket
//     fifo PATH        nothing; but what comes through the fifo PATH is adopted as a raw file
//
// Two loops in one thread: select() knows the application's listener, lws its own connections, and neither knows the other's. So
// select() waits for a short time only, and lws_service() with a negative time not at all (0 would wait for lws's next event,
// during which nobody accepts). What that costs is a delay of up to kPatienceMs; an application that cannot bear it gives lws its
// loop instead (foreign_loop_host.c).
//
// End: SIGINT.
#define _GNU_SOURCE  // accept4
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "tracing.h"

enum { kPatienceMs = 2 };

static struct lws *first;  // that is raw, for "child"

static int answer(struct lws *wsi) {
  if (lws_return_http_status(wsi, HTTP_STATUS_OK, "adopted")) return -1;
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int callback_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  return reason == LWS_CALLBACK_HTTP ? answer(wsi) : lws_callback_http_dummy(wsi, reason, user, in, len);
}

// Sends back what it gets; a message that begins with "bye" ends the connection.
static int callback_raw(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  unsigned char buffer[LWS_PRE + 256];
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_RAW_RX:
      if (len > 256 || (len >= 3 && !memcmp(in, "bye", 3))) return -1;
      memcpy(buffer + LWS_PRE, in, len);
      return lws_write(wsi, buffer + LWS_PRE, len, LWS_WRITE_RAW) < (int)len ? -1 : 0;
    case LWS_CALLBACK_RAW_RX_FILE: return read(lws_get_socket_fd(wsi), buffer, sizeof buffer) <= 0 ? -1 : 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
      puts("closed 1");
      fflush(stdout);
      return 0;
    case LWS_CALLBACK_RAW_CLOSE:
      if (wsi == first) first = NULL;
      return 0;
    default: return 0;
  }
}

static struct lws_protocols protocols[] = {
    {.name = "http", .callback = callback_http},
    {.name = "raw", .callback = callback_raw, .per_session_data_size = 16},
    {0},
};

// Its other end stays open until the process ends.
static struct lws *adopt_pipe(struct lws_vhost *vhost, struct lws *parent) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) return NULL;
  const lws_sock_file_fd_type descriptor = {.filefd = ends[0]};
  return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, "raw", parent);
}

static struct lws *adopt(struct lws_vhost *vhost, const char *how, int fd) {
  const lws_sock_file_fd_type descriptor = {.sockfd = fd};
  if (!strcmp(how, "http")) return lws_adopt_socket_vhost(vhost, fd);
  if (!strcmp(how, "readbuf")) {
    char begin[256];
    struct pollfd first_bytes = {.fd = fd, .events = POLLIN};
    poll(&first_bytes, 1, 1000);  // a real application would wait in its select()
    const ssize_t bytes = recv(fd, begin, sizeof begin, 0);
    return lws_adopt_socket_vhost_readbuf(vhost, fd, begin, bytes > 0 ? (size_t)bytes : 0);
  }
  if (!strcmp(how, "unknown"))
    return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_SOCKET, descriptor, "unheard-of", NULL);
  if (!strcmp(how, "child") && first)
    return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_SOCKET, descriptor, "raw", first);
  first = lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_SOCKET, descriptor, "raw", NULL);
  if (!strcmp(how, "pipe") && !adopt_pipe(vhost, first)) return NULL;
  return first;
}

static struct lws *adopt_fifo(struct lws_vhost *vhost, const char *path) {
  const lws_sock_file_fd_type descriptor = {.filefd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, "raw", NULL);
}

static void serve(struct lws_context *context, const char *how, int listener) {
  while (!host_is_stopping()) {
    struct timeval patience = {.tv_usec = kPatienceMs * 1000};
    fd_set ready;
    FD_ZERO(&ready);
    FD_SET(listener, &ready);
    if (select(listener + 1, &ready, NULL, NULL, &patience) > 0) {
      const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0 && !adopt(lws_get_vhost_by_name(context, "app"), how, fd)) puts("refused");
    }
    lws_service(context, -1);
  }
}

int main(int argc, char **argv) {
  int port = 0;
  argc = tracing_from(argc, argv);
  if (argc < 2) return 2;
  lws_set_log_level(0, NULL);  // one of the ways is meant to fail
  tracing_start(protocols);
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .vhost_name = "app"};
  tracing_of_context(&info);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
  tracing_settle(context);
  host_heed_signals(NULL);
  if (!strcmp(argv[1], "fifo") && !adopt_fifo(lws_get_vhost_by_name(context, "app"), argv[2])) return 1;
  const int listener = host_listen(&port, 16);
  if (listener < 0) return 1;
  host_print_port("", port);
  serve(context, argv[1], listener);
  lws_context_destroy(context);
  tracing_stop(context);
  return 0;
}
