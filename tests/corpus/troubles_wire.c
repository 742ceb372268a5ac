// SPDX-License-Identifier: MIT
//
// This program is a client, and what comes over the wire, or how it asks for it, is not right.
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "troubles.h"

enum manner { kReads, kReadsNothing, kRefusesHandshake, kRefusesSession, kFiltersAnswer };

static enum manner manner;
static int failed, established, completed, ended, received;

static int callback_wire(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return manner == kRefusesHandshake ? -1 : 0;
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH: return manner == kFiltersAnswer ? -1 : 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: established++; return manner == kRefusesSession ? -1 : 0;
    case LWS_CALLBACK_CLIENT_RECEIVE: received++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return manner == kReadsNothing ? 0 : read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(unsigned int seconds) { return client_desk(callback_wire, seconds); }

// --- Answers ---

// The server says ANSWER and then waits for FURTHER ms; lws's timeouts are SECONDS long.
static void answered_and_held(const char *method, const char *answer, unsigned int seconds, int ms) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(seconds);
  ask(context, method, port, 0);
  const int fd = pick_up_request(context, listener);
  say(fd, answer);
  serve_for(context, ms);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}

static void body_never_read(void) {
  manner = kReadsNothing;
  answered_and_held("GET", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello there", 20, 900);
}
static void half_a_head(void) { answered_and_held("GET", "HTTP/1.1 200 OK\r\nContent-Len", 1, 1600); }
static void body_without_length(void) {
  answered_and_held("GET", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it", 1, 1600);
}
static void no_content(void) { answered_and_held("GET", "HTTP/1.1 204 No Content\r\n\r\n", 5, 300); }
static void not_modified(void) { answered_and_held("GET", "HTTP/1.1 304 Not Modified\r\n\r\n", 5, 300); }
static void head_only(void) { answered_and_held("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 5, 300); }
static void continues_first(void) {
  answered_and_held("GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 5, 300);
}
static void server_in_trouble(void) {
  answered_and_held("GET", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 5, 100);
}
static void wants_credentials(void) {
  answered_and_held(
      "GET", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", 5, 100);
}
static void ws_answered_503(void) {
  answered_and_held(NULL, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 5, 100);
}
static void ws_answered_401(void) {
  answered_and_held(NULL, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 5, 100);
}
static void ws_without_upgrade(void) {
  answered_and_held(NULL, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                    5, 100);
}
static void ws_redirected(void) {
  answered_and_held(NULL, "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:9/x\r\nContent-Length: 0\r\n\r\n", 5, 100);
}
static void head_too_large(void) {
  static char answer_text[9000] = "HTTP/1.1 200 OK\r\nSet-Cookie: ";
  const size_t from = strlen(answer_text);
  memset(answer_text + from, 'x', 8000);
  strcpy(answer_text + from + 8000, "\r\nContent-Length: 0\r\n\r\n");
  answered_and_held("GET", answer_text, 5, 200);
}
static void ws_unanswered_until_timeout(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context *context = client(1);
  ask(context, NULL, port, 0);
  serve_for(context, 1600);  // 4.1.6 knows no failure here
  lws_context_destroy(context);
}
static void tls_unanswered_until_timeout(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context_creation_info info = client_info(callback_wire, 1);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  struct lws_context *context = start(&info);
  ask(context, NULL, port, LCCSCF_USE_SSL);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}
static void tls_without_init(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(2);
  ask(context, NULL, port, LCCSCF_USE_SSL);
  serve_for(context, 300);
  close(listener);
  lws_context_destroy(context);
}
static void redirected_to_nobody(void) {
  int port, none;
  char moved[256];
  close(listen_on(&none, 1));
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(5);
  ask(context, "GET", port, 0);
  const int fd = pick_up_request(context, listener);
  snprintf(moved, sizeof moved,
           "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/elsewhere\r\nContent-Length: 0\r\n\r\n", none);
  say(fd, moved);
  serve_for(context, 300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

// --- Callbacks that refuse ---

static void refuses(enum manner how, bool answers) {
  int port;
  const int listener = listen_on(&port, 8);
  manner = how;
  struct lws_context *context = client(5);
  ask(context, NULL, port, 0);
  const int fd = pick_up(context, listener);
  if (answers) accept_upgrade_to(context, fd, "desk");
  serve_for(context, 200);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void refuses_own_handshake(void) { refuses(kRefusesHandshake, false); }
static void refuses_answer_head(void) { refuses(kFiltersAnswer, true); }
static void refuses_session(void) { refuses(kRefusesSession, true); }

// --- Frames ---

static void frames(const char *bytes, size_t count, int options) {
  int fd;
  struct lws_context_creation_info info = client_info(callback_wire, 20);
  info.options |= (uint64_t)options;
  struct lws_context *context = start_asking(&info, NULL, &fd);
  serve_until(context, &established, 1);
  say_bytes(fd, bytes, count);
  serve_for(context, 100);
  hang_up(context, fd);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}
static void server_masks(void) { frames("\x81\x82\1\2\3\4nm", 8, 0); }
static void server_frame_of_no_kind(void) { frames("\x8b\x01x", 3, 0); }
static void server_text_not_utf8(void) { frames("\x81\x02\xc3\x28", 4, LWS_SERVER_OPTION_VALIDATE_UTF8); }
static void server_sets_bits(void) { frames("\xc1\x02ok", 4, 0); }
static void server_long_control(void) { frames("\x89\x7e\x00\x80", 4, 0); }
static void server_policy(void) { frames("\x88\x02\x03\xf0", 4, 0); }
static void server_private_code(void) { frames("\x88\x02\x0f\xa1", 4, 0); }
static void server_says_goodbye(void) { frames("\x88\x02\x03\xe8", 4, 0); }
static void server_half_closes(void) {
  int fd;
  struct lws_context *context = asking_desk(callback_wire, 20, NULL, &fd);
  serve_until(context, &established, 1);
  shutdown(fd, SHUT_WR);
  serve_until(context, &ended, 1);
  lws_context_destroy(context);
}

// --- Ways out ---

static void by_proxy(const char *answer_text, int proxy_listens) {
  int port;
  const int listener = listen_on(&port, 8);
  if (!proxy_listens) close(listener);
  struct lws_context_creation_info info = client_info(callback_wire, 1);
  info.http_proxy_address = "127.0.0.1";
  info.http_proxy_port = (unsigned int)port;
  struct lws_context *context = start(&info);
  ask(context, NULL, 9, 0);
  if (proxy_listens) {
    const int fd = pick_up_request(context, listener);
    if (answer_text) say(fd, answer_text);
    if (answer_text) serve_for(context, 20), hang_up(context, fd);
  }
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}
static void proxy_not_there(void) { by_proxy(NULL, 0); }
static void proxy_silent(void) { by_proxy(NULL, 1); }
static void proxy_hangs_up(void) { by_proxy("", 1); }
static void proxy_bad_gateway(void) { by_proxy("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 1); }

static void asks(struct lws_client_connect_info info) {
  struct lws_context *context = client(2);
  info.context = context;
  const struct lws *wsi = lws_client_connect_via_info(&info);
  if (wsi) serve_until(context, &failed, 1);
  serve_for(context, 50);
  lws_context_destroy(context);
}
static void unix_socket_missing(void) {
  struct lws_client_connect_info info = ask_info(NULL, "GET", 80, 0);
  info.address = "+/nowhere/desk.sock";
  info.host = "localhost";
  asks(info);
}
static void unix_socket_deaf(void) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  snprintf(at.sun_path, sizeof at.sun_path, "/tmp/desk-%d.sock", (int)getpid());
  if (bind(fd, (struct sockaddr *)&at, sizeof at)) give_up("cannot bind");
  char address[120];
  snprintf(address, sizeof address, "+%s", at.sun_path);
  struct lws_client_connect_info info = ask_info(NULL, "GET", 80, 0);
  info.address = address;
  info.host = "localhost";
  asks(info);
  unlink(at.sun_path);
}
static void from_foreign_address(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_client_connect_info info = ask_info(NULL, "GET", port, 0);
  info.iface = "203.0.113.7";
  asks(info);
  close(listener);
}
static void no_route(void) {
  struct lws_client_connect_info info = ask_info(NULL, "GET", 80, 0);
  info.address = "255.255.255.255";
  asks(info);
}
static void table_full_for_clients(void) {
  int port;
  listen_on(&port, 64);
  struct lws_context_creation_info info = client_info(callback_wire, 5);
  info.fd_limit_per_thread = 6;
  struct lws_context *context = start(&info);
  for (int i = 0; i < 11; i++) {
    ask(context, NULL, port, 0);
    serve_for(context, 5);
  }
  serve_for(context, 700);
  lws_context_destroy(context);
}
static void gives_up_after_few(void) {
  int port;
  close(listen_on(&port, 1));
  struct lws_context *context = client(2);
  for (int i = 0; i < 3; i++) {
    ask(context, NULL, port, 0);
    serve_until(context, &failed, i + 1);
    serve_for(context, 50 << i);
  }
  serve_for(context, 1500);
  lws_context_destroy(context);
}

const struct corpus_case wire_troubles[] = {
    {"body_never_read", body_never_read},
    {"half_a_head", half_a_head},
    {"body_without_length", body_without_length},
    {"no_content", no_content},
    {"not_modified", not_modified},
    {"head_only", head_only},
    {"continues_first", continues_first},
    {"server_in_trouble", server_in_trouble},
    {"wants_credentials", wants_credentials},
    {"ws_answered_503", ws_answered_503},
    {"ws_answered_401", ws_answered_401},
    {"ws_without_upgrade", ws_without_upgrade},
    {"ws_redirected", ws_redirected},
    {"head_too_large", head_too_large},
    {"ws_unanswered_until_timeout", ws_unanswered_until_timeout},
    {"tls_unanswered_until_timeout", tls_unanswered_until_timeout},
    {"tls_without_init", tls_without_init},
    {"redirected_to_nobody", redirected_to_nobody},
    {"refuses_own_handshake", refuses_own_handshake},
    {"refuses_answer_head", refuses_answer_head},
    {"refuses_session", refuses_session},
    {"server_masks", server_masks},
    {"server_frame_of_no_kind", server_frame_of_no_kind},
    {"server_text_not_utf8", server_text_not_utf8},
    {"server_sets_bits", server_sets_bits},
    {"server_long_control", server_long_control},
    {"server_policy", server_policy},
    {"server_private_code", server_private_code},
    {"server_says_goodbye", server_says_goodbye},
    {"server_half_closes", server_half_closes},
    {"proxy_not_there", proxy_not_there},
    {"proxy_silent", proxy_silent},
    {"proxy_hangs_up", proxy_hangs_up},
    {"proxy_bad_gateway", proxy_bad_gateway},
    {"unix_socket_missing", unix_socket_missing},
    {"unix_socket_deaf", unix_socket_deaf},
    {"from_foreign_address", from_foreign_address},
    {"no_route", no_route},
    {"table_full_for_clients", table_full_for_clients},
    {"gives_up_after_few", gives_up_after_few},
    {0},
};
