// SPDX-License-Identifier: MIT
//
// Files that lws serves by itself: a first request has no BIND, a HEAD no HTTP_FILE_COMPLETION, an error neither. All clean.
#include <fcntl.h>
#include <stdio.h>

#include "corpus.h"

static char directory[] = "/tmp/corpus.XXXXXX";

static void remove_files(void) {
  char path[64];
  snprintf(path, sizeof path, "%s/index.html", directory);
  unlink(path);
  snprintf(path, sizeof path, "%s/large.txt", directory);
  unlink(path);
  rmdir(directory);
}

static void write_file(const char *name, const char *text, off_t bytes) {
  char path[64];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) < 0 || ftruncate(fd, bytes)) give_up("cannot write a file");
  close(fd);
}

static struct lws_context *start_files(void) {
  static struct lws_http_mount mount = {
      .mountpoint = "/", .mountpoint_len = 1, .def = "index.html", .origin_protocol = LWSMPRO_FILE};
  static const struct lws_http_mount redirect = {.mount_next = &mount,
                                                 .mountpoint = "/old",
                                                 .mountpoint_len = 4,
                                                 .origin = "127.0.0.1/new/",
                                                 .origin_protocol = LWSMPRO_REDIR_HTTP};
  static const struct lws_protocols protocols[] = {PROTOCOL_HTTP, {0}};
  if (!mkdtemp(directory)) give_up("no directory");
  atexit(remove_files);
  write_file("index.html", "hello\n", 6);
  write_file("large.txt", "large\n", 16 << 20);
  mount.origin = directory;
  struct lws_context_creation_info info = app_info(protocols);
  info.mounts = &redirect;
  info.timeout_secs = info.keepalive_timeout = 1;
  return start(&info);
}

static void fetch(const char *request, const char *answered, enum ending ending) {
  struct lws_context *context = start_files();
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  if (answered) expect(context, fd, answered);
  finish(context, fd, ending);
}

#define REST " HTTP/1.1\r\nHost: app\r\n"
static void served(void) { fetch("GET /" REST "\r\n", "hello\n", kClientLeaves); }
static void served_at_destroy(void) { fetch("GET /" REST "\r\n", "hello\n", kContextEnds); }
static void idle_until_timeout(void) { fetch("GET /" REST "\r\n", "hello\n", kServerCloses); }
static void asked_to_close(void) { fetch("GET /" REST "Connection: close\r\n\r\n", "hello\n", kServerCloses); }
static void head_only(void) { fetch("HEAD /" REST "\r\n", "\r\n\r\n", kClientLeaves); }
static void not_found(void) { fetch("GET /none.html" REST "\r\n", " 404 ", kClientLeaves); }
static void unknown_type(void) { fetch("GET /none.xyz" REST "\r\n", "HTTP/1.1 4", kClientLeaves); }
static void redirected(void) { fetch("GET /old/page" REST "\r\n", " 301 ", kClientLeaves); }
static void body_unwanted(void) { fetch("POST /" REST "Content-Length: 5\r\n\r\nabcde", "hello\n", kClientLeaves); }
static void large_left(void) { fetch("GET /large.txt" REST "\r\n", "large\n", kClientLeaves); }
static void large_at_destroy(void) { fetch("GET /large.txt" REST "\r\n", "large\n", kContextEnds); }

// The client stops reading until lws's timeout ends it: the file is not the fault of anybody here.
static void large_stalls(void) {
  struct lws_context *context = start_files();
  const int fd = dial(port_of(context, "app"));
  say(fd, "GET /large.txt" REST "\r\n");
  serve_for(context, 1400);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void kept_alive(void) {
  struct lws_context *context = start_files();
  const int fd = dial(port_of(context, "app"));
  for (int i = 0; i < 11; i++) get(context, fd, "/");
  hang_up(context, fd);
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"served", served},
    {"served_at_destroy", served_at_destroy},
    {"idle_until_timeout", idle_until_timeout},
    {"asked_to_close", asked_to_close},
    {"head_only", head_only},
    {"not_found", not_found},
    {"unknown_type", unknown_type},
    {"redirected", redirected},
    {"body_unwanted", body_unwanted},
    {"large_left", large_left},
    {"large_at_destroy", large_at_destroy},
    {"large_stalls", large_stalls},
    {"kept_alive", kept_alive},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
