// SPDX-License-Identifier: MIT
//
// Servers as people set them up: users that are not there, vhosts that share a port, files and forms that are none, peers that find
// fault with what this side sends, compression.
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "troubles.h"

static int established, received, ended;
static struct lws_spa *form;

static int callback_hosting(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_ESTABLISHED: established++; break;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RAW_RX: received++; break;
    case LWS_CALLBACK_CLOSED: ended++; break;
    default: break;
  }
  return 0;
}

// --- Contexts that cannot be made ---

static void made_in_vain(const struct lws_context_creation_info *info) {
  if (lws_create_context(info)) give_up("there is a context");
  exit(3);
}

static void user_unknown(void) {
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.username = "nobody-of-that-name";
  made_in_vain(&info);
}

// A number that is none of a user, such as the port: of a program that was compiled with the header of another lws.
static void user_id_unknown(void) {
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.uid = 7681;
  made_in_vain(&info);
}

static void event_loop_missing(void) {
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.options |= LWS_SERVER_OPTION_LIBEVENT;
  made_in_vain(&info);
}

// For each descriptor that is allowed, lws keeps a place. Here memory is left for all else that a context needs, and not for that table.
static void no_memory_for_tables(void) {
  enum { kLeft = 120000 };
  const struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur * sizeof(struct lws_pollfd) < 140000) give_up("too few descriptors are allowed (ulimit -Hn)");
  unsigned long pages = 0;
  FILE *mapped = fopen("/proc/self/statm", "re");
  char *left = malloc(kLeft), *behind_it = malloc(16);
  if (!mapped || fscanf(mapped, "%lu", &pages) != 1 || !behind_it) give_up("nobody knows what is mapped");
  free(left);
  limit.rlim_cur = limit.rlim_max = pages * (rlim_t)sysconf(_SC_PAGESIZE);
  setrlimit(RLIMIT_AS, &limit);
  made_in_vain(&info);
}

static void user_stays(void) {
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.uid = (uid_t)-1;
  info.gid = (gid_t)-1;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  get(context, fd, "/order");
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Vhosts ---

// "front" was made first; only "app" has the protocol.
static struct lws_context *start_two_vhosts(void) {
  static const struct lws_protocols of_front[] = {PROTOCOL_HTTP, {0}};
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  struct lws_context *context = start(&info);
  const struct lws_context_creation_info front = app_info(of_front);
  add_vhost(context, &front, "front", 0);
  add_vhost(context, &info, "app", port_of(context, "front"));
  return context;
}

static void host_of_no_vhost(void) {
  struct lws_context *context = start_two_vhosts();
  const int fd = dial(port_of(context, "front"));
  say(fd,
      "GET /ws HTTP/1.1\r\nHost: 192.0.2.7\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: "
      "desk\r\n\r\n");
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void host_of_a_vhost(void) {
  struct lws_context *context = start_two_vhosts();
  const int fd = dial(port_of(context, "front"));
  upgrade(context, fd, "desk");
  say_frame(fd, "hello");
  serve_until(context, &received, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Raw ---

static struct lws_context *start_raw(const char *protocol) {
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.options |= LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG;
  info.listen_accept_role = "raw-skt";
  info.listen_accept_protocol = protocol;
  return start(&info);
}

static void raw_protocol_unknown(void) {
  struct lws_context *context = start_raw("kitchen");
  for (int i = 0; i < 3; i++) {
    const int fd = dial(port_of(context, "app"));
    say(fd, "hello\n");
    expect_end(context, fd);
  }
  lws_context_destroy(context);
}

static void raw_protocol_known(void) {
  struct lws_context *context = start_raw("desk");
  const int fd = dial(port_of(context, "app"));
  say(fd, "hello\n");
  serve_until(context, &received, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Mounts ---

// The file is not there, so that protocols[0] is asked, which has no answer.
static void file_missing_and_no_answer(void) {
  static const struct lws_protocols protocols[] = {{.name = "first", .callback = callback_nothing}, {0}};
  static const struct lws_http_mount files = {
      .mountpoint = "/", .mountpoint_len = 1, .origin = "/usr/share/doc", .origin_protocol = LWSMPRO_FILE};
  struct lws_context_creation_info info = desk_info(callback_hosting, 1);
  info.protocols = protocols;
  info.mounts = &files;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/no-such-page.html"));
  expect_end(context, fd);
  lws_context_destroy(context);
}

// --- Forms ---

static int callback_form(DESK_ARGUMENTS) {
  static const char *const fields[] = {"text"};
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_HTTP: form = NULL; break;
    case LWS_CALLBACK_HTTP_BODY:
      if (!form) form = lws_spa_create(wsi, fields, 1, 1024, NULL, NULL);
      return !form || lws_spa_process(form, in, (int)len) ? -1 : 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      if (lws_spa_finalize(form)) return -1;
      return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      if (form) lws_spa_destroy(form);
      form = NULL;
      break;
    default: break;
  }
  return 0;
}

static int posts(struct lws_context *context, const char *body) {
  char request[512];
  snprintf(request, sizeof request,
           "POST /order HTTP/1.1\r\nHost: app\r\nContent-Type: application/x-www-form-urlencoded\r\n"
           "Content-Length: %zu\r\n\r\n%s",
           strlen(body), body);
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  return fd;
}

static void file_posted_as_form(void) {
  char body[257];
  memset(body, 'm', sizeof body - 1);
  body[sizeof body - 1] = 0;
  struct lws_context *context = desk(callback_form, 20);
  expect_end(context, posts(context, body));
  lws_context_destroy(context);
}

static void form_posted(void) {
  struct lws_context *context = desk(callback_form, 20);
  const int fd = posts(context, "text=two+pounds");
  expect(context, fd, "hello\n");
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- What peers find fault with ---

static void ends_with_code(int code) {
  struct lws_context *context = desk(callback_hosting, 20);
  const int fd = enter(context);
  serve_until(context, &established, 1);
  const unsigned char frame[8] = {0x88, 0x82, 0, 0, 0, 0, (unsigned char)(code >> 8), (unsigned char)code};
  say_bytes(fd, frame, sizeof frame);
  serve_until(context, &ended, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void peer_misses_its_rules(void) { ends_with_code(1002); }
static void peer_wants_utf8(void) { ends_with_code(1007); }
static void peer_wants_less(void) { ends_with_code(1009); }

// --- Compression (RFC 7692), where lws is built with it ---

#ifndef LWS_WITHOUT_EXTENSIONS
static void receives_compressed(const void *payload, size_t bytes, bool is_right) {
  static const struct lws_extension extensions[] = {
      {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_no_context_takeover"},
      {NULL, NULL, NULL}};
  struct lws_context_creation_info info = desk_info(callback_hosting, 20);
  info.extensions = extensions;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd,
      "GET /ws HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: desk\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  expect(context, fd, "permessage-deflate");
  unsigned char frame[6 + 125] = {0xc1, (unsigned char)(0x80 | bytes)};  // final text frame, compressed, mask 0
  memcpy(frame + 6, payload, bytes);
  say_bytes(fd, frame, 6 + bytes);
  if (is_right) {
    serve_until(context, &received, 1);
    hang_up(context, fd);
  } else {
    expect_end(context, fd);
  }
  lws_context_destroy(context);
}

static void frame_not_inflated(void) { receives_compressed("\xff\xff\xff\xff\xff\xff\xff\xff", 8, false); }
static void frame_inflated(void) { receives_compressed("\xf2\x48\xcd\xc9\xc9\x07\x00", 7, true); }
#endif

const struct corpus_case hosting_troubles[] = {
    {"user_unknown", user_unknown},
    {"user_id_unknown", user_id_unknown},
    {"event_loop_missing", event_loop_missing},
    {"no_memory_for_tables", no_memory_for_tables},
    {"user_stays", user_stays},
    {"host_of_no_vhost", host_of_no_vhost},
    {"host_of_a_vhost", host_of_a_vhost},
    {"raw_protocol_unknown", raw_protocol_unknown},
    {"raw_protocol_known", raw_protocol_known},
    {"file_missing_and_no_answer", file_missing_and_no_answer},
    {"file_posted_as_form", file_posted_as_form},
    {"form_posted", form_posted},
    {"peer_misses_its_rules", peer_misses_its_rules},
    {"peer_wants_utf8", peer_wants_utf8},
    {"peer_wants_less", peer_wants_less},
#ifndef LWS_WITHOUT_EXTENSIONS
    {"frame_not_inflated", frame_not_inflated},
    {"frame_inflated", frame_inflated},
#endif
    {0},
};
