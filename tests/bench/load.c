/* SPDX-License-Identifier: MIT */
/* load PORT PATH keepalive CONNECTIONS REQUESTS   REQUESTS on each of CONNECTIONS kept-alive connections, one at a time on each
 * load PORT PATH connect 1 REQUESTS               a connection for each request, one after the other
 *
 * An exact number of HTTP/1.1 requests to 127.0.0.1, as fast as one thread can and each answered with 200 in full; anything else
 * ends the program with status 1. All answers must be as long as the first. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { kMaxConnections = 1000, kTimeoutSeconds = 20 };

static struct sockaddr_in server;
static char request[512];
static size_t request_bytes, answer_bytes;

static void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static int open_connection(void) {
  const struct timeval limit = {.tv_sec = kTimeoutSeconds};
  const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server)) fail("cannot connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return fd;
}

/* The length of the answer that starts in TEXT, 0 when its head is not complete. */
static size_t length_of(const char *text) {
  const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "content-length:");
  if (!end) return 0;
  if (!length || length > end) fail("an answer without content-length");
  return (size_t)(end + 4 - text) + strtoul(length + 15, NULL, 10);
}

static void send_request(int fd) {
  if (send(fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes) fail("cannot send");
}

static void receive_answer(int fd) {
  static char buffer[1 << 16];
  size_t got = 0;
  while (!answer_bytes || got < answer_bytes) {
    const ssize_t more = recv(fd, buffer + got, sizeof buffer - 1 - got, 0);
    if (more <= 0) fail("an answer ended early");
    got += (size_t)more;
    buffer[got] = '\0';
    if (!answer_bytes) answer_bytes = length_of(buffer);
  }
  if (got != answer_bytes || strncmp(buffer, "HTTP/1.1 200", 12)) fail("an answer that is not like the first");
}

static void keep_alive(int connections, long requests) {
  int fds[kMaxConnections];
  for (int i = 0; i < connections; i++) fds[i] = open_connection();
  for (long done = 0; done < requests; done++) {
    for (int i = 0; i < connections; i++) send_request(fds[i]);
    for (int i = 0; i < connections; i++) receive_answer(fds[i]);
  }
  for (int i = 0; i < connections; i++) close(fds[i]);
}

static void connect_each(long requests) {
  for (long done = 0; done < requests; done++) {
    const int fd = open_connection();
    send_request(fd);
    receive_answer(fd);
    close(fd);
  }
}

int main(int count, char **arguments) {
  if (count != 6) fail("usage: load PORT PATH keepalive|connect CONNECTIONS REQUESTS");
  const int connections = atoi(arguments[4]);
  const long requests = atol(arguments[5]);
  if (connections < 1 || connections > kMaxConnections || requests < 1) fail("a number out of range");
  server.sin_family = AF_INET;
  server.sin_port = htons((unsigned short)atoi(arguments[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  request_bytes = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", arguments[2]);
  if (request_bytes >= sizeof request) fail("the path is too long");
  if (!strcmp(arguments[3], "keepalive")) {
    keep_alive(connections, requests);
  } else {
    connect_each(requests);
  }
  return 0;
}
