// SPDX-License-Identifier: MIT
//
// Clients that get further than a connection: websocket sessions, requests with a body, redirects, pools.
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { kAWhileMs = 650, kPool = 5 };
enum manner { kPolite, kServerLeaves, kSendsBody, kKeepsBody, kLeavesBody };

static enum manner manner;
static int failed, established, received, completed, ended, served;

static int write_text(struct lws *wsi, const char *text) {
  unsigned char buffer[LWS_PRE + 64];
  const size_t bytes = strlen(text);
  memcpy(buffer + LWS_PRE, text, bytes);
  return lws_write(wsi, buffer + LWS_PRE, bytes, LWS_WRITE_TEXT) < (int)bytes ? -1 : 0;
}

static int callback_client(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: established++; break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      established++;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return write_text(wsi, "one coffee");
    case LWS_CALLBACK_CLIENT_RECEIVE:
      received++;
      if (manner == kPolite) lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
      return manner == kPolite ? -1 : 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
      unsigned char **p = in, *end = *p + len;
      if (manner != kSendsBody && manner != kKeepsBody) break;
      if (lws_add_http_header_content_length(wsi, 10, p, end)) return -1;
      lws_client_http_body_pending(wsi, 1);
      if (manner == kSendsBody) lws_callback_on_writable(wsi);
      break;
    }
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 10];
      if (manner != kSendsBody) break;
      memcpy(buffer + LWS_PRE, "0123456789", 10);
      lws_client_http_body_pending(wsi, 0);
      return lws_write(wsi, buffer + LWS_PRE, 10, LWS_WRITE_HTTP_FINAL) < 10 ? -1 : 0;
    }
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: received++; return manner == kLeavesBody ? -1 : 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    // The server, where it is this program, too.
    case LWS_CALLBACK_RECEIVE:
      served++;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      if (manner == kServerLeaves) lws_close_reason(wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
      return manner == kServerLeaves ? -1 : write_text(wsi, "comes at once");
    default: break;
  }
  return 0;
}

// --- Websockets ---

static void with_ourselves(enum manner how) {
  manner = how;
  struct lws_context *context = desk(callback_client, 5);
  ask(context, NULL, port_of(context, "app"), 0);
  serve_until(context, &ended, 1);
  serve_for(context, 30);
  lws_context_destroy(context);
}

static void ws_client_polite(void) { with_ourselves(kPolite); }
static void ws_server_goes_away(void) { with_ourselves(kServerLeaves); }

void accept_upgrade_to(struct lws_context *context, int fd, const char *protocol) {
  static char got[4096];
  size_t have = 0;
  while (!memmem(got, have, "\r\n\r\n", 4)) {
    serve_for(context, 1);
    const ssize_t bytes = recv(fd, got + have, sizeof got - 1 - have, MSG_DONTWAIT);
    if (bytes > 0) have += (size_t)bytes;
  }
  got[have] = 0;
  const char *key = strcasestr(got, "sec-websocket-key: ");
  char joined[128], accepted[64], answer_text[512];
  unsigned char hash[20];
  if (!key) give_up("no key");
  snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
  lws_SHA1((unsigned char *)joined, strlen(joined), hash);
  lws_b64_encode_string((char *)hash, sizeof hash, accepted, sizeof accepted);
  snprintf(
      answer_text, sizeof answer_text,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
      "Sec-WebSocket-Protocol: %s\r\n\r\n",
      accepted, protocol);
  say(fd, answer_text);
}

static void accept_upgrade(struct lws_context *context, int fd) { accept_upgrade_to(context, fd, "desk"); }

static const lws_retry_bo_t often = {.secs_since_valid_ping = 1, .secs_since_valid_hangup = 2};

static struct lws_context *with_server(int *fd, const lws_retry_bo_t *policy) {
  struct lws_context_creation_info info = client_info(callback_client, 20);
  info.retry_and_idle_policy = policy;
  struct lws_context *context = start_asking(&info, NULL, fd);
  serve_until(context, &established, 1);
  serve_for(context, 30);
  return context;
}

static void ws_server_resets(void) {
  int fd;
  struct lws_context *context = with_server(&fd, NULL);
  reset(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

static void ws_server_silent(void) {
  int fd;
  struct lws_context *context = with_server(&fd, &often);
  serve_until(context, &ended, 1);
  close(fd);
  lws_context_destroy(context);
}

static void ws_wrong_protocol(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_client, 5);
  ask(context, NULL, port, 0);
  const int fd = pick_up(context, listener);
  accept_upgrade_to(context, fd, "kitchen");
  serve_until(context, &failed, 1);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void ws_server_has_trouble(void) {
  int fd;
  struct lws_context *context = with_server(&fd, NULL);
  say_bytes(fd, "\x88\x02\x03\xf3", 4);  // 1011, and it is gone
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

// --- Bodies ---

static void posts(enum manner how, const char *answered, const int *until) {
  int fd;
  manner = how;
  struct lws_context *context = asking_desk(callback_client, 20, how == kLeavesBody ? "GET" : "POST", &fd);
  if (how == kSendsBody) serve_for(context, 50);
  if (answered) say(fd, answered);
  if (until) serve_until(context, until, 1);
  else serve_for(context, kAWhileMs);
  if (until) {
    hang_up(context, fd);
    lws_context_destroy(context);
  }
}

static void post_with_body(void) { posts(kSendsBody, SMALL, &completed); }
static void post_keeps_its_body(void) { posts(kKeepsBody, NULL, NULL); }
static void client_leaves_answer(void) {
  posts(kLeavesBody, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nthe first part", &ended);
}

// The server streams and does not stop.
static void reads_events_until_exit(void) {
  int fd;
  struct lws_context *context = asking_desk(callback_client, 20, "GET", &fd);
  say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  for (int part = 0; part < 14; part++) {
    say(fd, "data: news\n\n");
    serve_for(context, 50);
  }
}

static void redirected(void) {
  int port;
  char moved[256];
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_client, 20);
  ask(context, "GET", port, 0);
  int fd = pick_up_request(context, listener);
  snprintf(moved, sizeof moved,
           "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/elsewhere\r\nContent-Length: 0\r\n\r\n", port);
  say(fd, moved);
  const int next = pick_up_request(context, listener);
  close(fd);
  say(next, SMALL);
  serve_until(context, &completed, 1);
  hang_up(context, next);
  lws_context_destroy(context);
}

// --- Several ---

// A pool: opened at once, all in use until the end.
static void pool_in_use(void) {
  int port, fds[kPool];
  const int listener = listen_on(&port, 8);
  manner = kServerLeaves;
  struct lws_context *context = client_desk(callback_client, 20);
  for (int i = 0; i < kPool; i++) {
    ask(context, NULL, port, 0);
    fds[i] = pick_up(context, listener);
    accept_upgrade(context, fds[i]);
    serve_until(context, &established, i + 1);
  }
  for (int turn = 0; turn < 8; turn++) {
    for (int i = 0; i < kPool; i++) say_bytes(fds[i], "\x81\x02ok", 4);
    serve_for(context, 50);
  }
}

// Connects anew for each order and forgets the session before; the server does not mind.
static void sessions_superseded(void) {
  int port;
  const int listener = listen_on(&port, 64);
  manner = kServerLeaves;
  struct lws_context *context = client_desk(callback_client, 20);
  for (int i = 0; i < 11; i++) {
    ask(context, NULL, port, 0);
    const int fd = pick_up(context, listener);
    accept_upgrade(context, fd);
    serve_until(context, &established, i + 1);
    say_bytes(fd, "\x81\x02ok", 4);
    serve_for(context, 90);
  }
}

// A server whose idle connections end after a while; each request has a connection of its own.
static void one_after_the_other(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client_desk(callback_client, 20);
  for (int i = 0; i < 7; i++) {
    ask(context, "GET", port, 0);
    const int fd = pick_up_request(context, listener);
    say(fd, SMALL);
    serve_until(context, &completed, i + 1);
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

const struct corpus_case client_troubles[] = {
    {"ws_client_polite", ws_client_polite},
    {"ws_server_goes_away", ws_server_goes_away},
    {"ws_server_resets", ws_server_resets},
    {"ws_server_silent", ws_server_silent},
    {"ws_wrong_protocol", ws_wrong_protocol},
    {"ws_server_has_trouble", ws_server_has_trouble},
    {"reads_events_until_exit", reads_events_until_exit},
    {"post_with_body", post_with_body},
    {"post_keeps_its_body", post_keeps_its_body},
    {"client_leaves_answer", client_leaves_answer},
    {"redirected", redirected},
    {"pool_in_use", pool_in_use},
    {"sessions_superseded", sessions_superseded},
    {"one_after_the_other", one_after_the_other},
    {0},
};
