// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "corpus.h"

enum { kTurns = 4000, kHangUpMs = 10, kHangUpTurns = 11 };

int dial(int port) {
  const int fd = host_connect(port);
  if (fd < 0) give_up("cannot connect");
  return fd;
}

void say_bytes(int fd, const void *bytes, size_t count) {
  if (send(fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) give_up("cannot send");
}

void say(int fd, const char *text) { say_bytes(fd, text, strlen(text)); }

void say_h2(int fd, enum h2_frame type, int flags, unsigned int stream, const void *payload, size_t bytes) {
  unsigned char frame[9 + 512] = {0, (unsigned char)(bytes >> 8), (unsigned char)bytes, (unsigned char)type,
                                  (unsigned char)flags};
  if (bytes > 512) give_up("frame too long");
  frame[8] = (unsigned char)stream;
  memcpy(frame + 9, payload, bytes);
  say_bytes(fd, frame, 9 + bytes);
}

void expect(struct lws_context *context, int fd, const char *text) {
  static char got[16384];
  size_t have = 0;
  for (int turns = 0; turns < kTurns; turns++) {
    serve_for(context, 0);
    const ssize_t bytes = recv(fd, got + have, sizeof got - have, MSG_DONTWAIT);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN)) break;
    if (bytes > 0) have += (size_t)bytes;
    if (memmem(got, have, text, strlen(text))) return;
  }
  fprintf(stderr, "corpus: %s expected\n", text);
  give_up("the answer did not come");
}

void expect_end(struct lws_context *context, int fd) {
  char some[4096];
  for (int turns = 0; turns < kTurns * 3; turns++) {
    serve_for(context, 0);
    const ssize_t bytes = recv(fd, some, sizeof some, MSG_DONTWAIT);
    if (bytes > 0 || (bytes < 0 && errno == EAGAIN)) continue;
    close(fd);
    return;
  }
  give_up("the connection was not closed");
}

// A busy machine may let the time pass within one turn.
void hang_up(struct lws_context *context, int fd) {
  close(fd);
  for (int turns = 0; turns < kHangUpTurns; turns++) serve_for(context, 0);
  serve_for(context, kHangUpMs);
}

void get(struct lws_context *context, int fd, const char *path) {
  char request[256];
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: app\r\n\r\n", path);
  say(fd, request);
  expect(context, fd, "hello\n");
}

void ask_host(struct lws_context *context, int fd, const char *host) {
  char request[128];
  snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
  say(fd, request);
  expect(context, fd, "hello\n");
}

void ask_upgrade(int fd, const char *protocol) {
  char request[512];
  snprintf(request, sizeof request,
           "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
           protocol);
  say(fd, request);
}

void upgrade(struct lws_context *context, int fd, const char *protocol) {
  ask_upgrade(fd, protocol);
  expect(context, fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int enter_session(struct lws_context *context, const char *protocol) {
  const int fd = dial(port_of(context, "app"));
  upgrade(context, fd, protocol);
  return fd;
}

void say_frame(int fd, const char *text) {
  const size_t bytes = strlen(text);
  unsigned char frame[6 + 125] = {0x81, (unsigned char)(0x80 | bytes)};  // final text frame, mask 0
  if (bytes > 125) give_up("frame too long");
  memcpy(frame + 6, text, bytes);
  say_bytes(fd, frame, 6 + bytes);
}

int listen_on(int *port, int backlog) {
  const int fd = host_listen(port, backlog);
  if (fd < 0) give_up("cannot listen");
  return fd;
}

int pick_up(struct lws_context *context, int listener) {
  fcntl(listener, F_SETFL, O_NONBLOCK);
  for (int turns = 0; turns < kTurns; turns++) {
    serve_for(context, 0);
    const int fd = accept(listener, NULL, NULL);
    if (fd >= 0) return fd;
  }
  give_up("nobody connected");
}
