// SPDX-License-Identifier: MIT
//
// Clients: requests that were not made as they were meant, and HTTP/2 services that do not take them.
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "troubles_identity.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define NOT_FOUND "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
#define BAD_REQUEST "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
#define UPGRADE_REQUIRED "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"

enum { kTurns = 4000, kWaitMs = 800, kTables = 2, kFirstStream = 3 };  // the number that lws's client begins with

static int failed, established, completed, ended;
static const char *added;  // to the head of each request

static int callback_asking(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      if (added && strlen(added) < len) {
        char **const to = in;
        memcpy(*to, added, strlen(added));
        *to += strlen(added);
      }
      break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED: established++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(void) { return client_desk(callback_asking, 20); }

static void until_over(struct lws_context *context) {
  for (int turns = 0; turns < kTurns && !completed && !failed && !ended; turns++) serve_for(context, 1);
}

// INFO, whose context and port are not set, to a server that says ANSWER.
static void asks(struct lws_client_connect_info info, const char *answer) {
  const int listener = listen_on(&info.port, 8);
  struct lws_context *context = info.context = client();
  lws_client_connect_via_info(&info);
  const int fd = pick_up_request(context, listener);
  say(fd, answer);
  until_over(context);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static struct lws_client_connect_info for_get(void) { return ask_info(NULL, "GET", 0, 0); }

// --- The connect info ---

static void path_is_whole_url(void) {
  struct lws_client_connect_info info = for_get();
  info.path = "http://127.0.0.1/order";
  asks(info, NOT_FOUND);
}
static void path_names_url(void) {
  struct lws_client_connect_info info = for_get();
  info.path = "/fetch/http://127.0.0.1/order";
  asks(info, SMALL);
}
static void host_is_null(const char *answer) {
  struct lws_client_connect_info info = for_get();
  info.host = NULL;
  asks(info, answer);
}
static void host_not_given(void) { host_is_null(BAD_REQUEST); }
static void host_not_missed(void) { host_is_null(SMALL); }
static void host_not_given_for_tls(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context_creation_info made = client_info(callback_asking, 5);
  made.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  struct lws_context *context = start(&made);
  struct lws_client_connect_info info = ask_info(context, "GET", port, LCCSCF_USE_SSL);
  info.host = NULL;
  lws_client_connect_via_info(&info);
  pick_up(context, listener);
  serve_for(context, 500);
}
static void websocket_only_there(void) { asks(for_get(), UPGRADE_REQUIRED); }
static void tls_only_there(void) { asks(for_get(), BAD_REQUEST); }

static void in_brackets(const char *address, const char *host) {
  struct lws_client_connect_info info = for_get();
  struct lws_context_creation_info made = client_info(callback_asking, 5);
  made.options &= ~(uint64_t)LWS_SERVER_OPTION_DISABLE_IPV6;
  info.address = address;
  info.host = host;
  info.port = 9;
  info.protocol = info.local_protocol_name = NULL;
  info.context = start(&made);
  lws_client_connect_via_info(&info);
  serve_for(info.context, 100);
  lws_context_destroy(info.context);
}
static void address_in_brackets(void) { in_brackets("[::1]", "[::1]"); }
static void host_in_brackets(void) { in_brackets("::1", "[::1]"); }

static void has_long_path(unsigned short room, const char *protocol) {
  static char path[6000];
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context_creation_info made = client_info(callback_asking, 5);
  made.max_http_header_data = room;
  made.pt_serv_buf_size = 16384;
  memset(path, 'a', sizeof path - 1);
  path[0] = '/';
  struct lws_context *context = start(&made);
  struct lws_client_connect_info info = ask_info(context, "GET", port, 0);
  info.path = path;
  info.protocol = info.local_protocol_name = protocol;
  if (lws_client_connect_via_info(&info)) {
    const int fd = pick_up_request(context, listener);
    say(fd, SMALL);
    until_over(context);
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}
static void path_has_no_room(void) { has_long_path(4096, NULL); }
static void path_has_no_room_left(void) { has_long_path(4096, "desk"); }
static void path_has_room(void) { has_long_path(8192, "desk"); }

// --- The head ---

static void adds(const char *header, bool server_waits) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  added = header;
  ask(context, "GET", port, 0);
  if (server_waits) {
    pick_up(context, listener);
    serve_for(context, kWaitMs);
  } else {
    const int fd = pick_up_request(context, listener);
    say(fd, strstr(header, "\r\n\r\n") ? BAD_REQUEST : SMALL);
    until_over(context);
    hang_up(context, fd);
    serve_for(context, 20);
  }
  lws_context_destroy(context);
}
static void header_line_left_open(void) { adds("X-Desk: 7", true); }
static void header_ends_the_head(void) { adds("X-Desk: 7\r\n\r\nX-Room: 3\r\n", false); }
static void header_is_a_line(void) { adds("X-Desk: 7\r\nX-Room: 3\r\n", false); }

// --- Header tables ---

static void asks_at_once(unsigned short tables) {
  enum { kRequests = 4 };
  int port, fds[kRequests];
  const int listener = listen_on(&port, 8);
  struct lws_context_creation_info made = client_info(callback_asking, 5);
  made.max_http_header_pool = tables;
  struct lws_context *context = start(&made);
  for (int i = 0; i < kRequests; i++) ask(context, "GET", port, 0);
  const int served = tables < kRequests ? tables : kRequests;
  for (int i = 0; i < served; i++) fds[i] = pick_up_request(context, listener);
  serve_for(context, kWaitMs);
  for (int i = 0; i < served; i++) say(fds[i], SMALL);
  serve_until(context, &completed, served);
  lws_context_destroy(context);
}
static void tables_for_two(void) { asks_at_once(kTables); }
static void tables_for_all(void) { asks_at_once(4); }

// --- Failing at once, beside what works ---

static void some_have_no_route(void) {
  int port, fds[2];
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  struct lws_client_connect_info info = ask_info(context, "GET", port, 0);
  for (int i = 0; i < 2; i++) lws_client_connect_via_info(&info);
  info.protocol = info.local_protocol_name = NULL;
  info.address = "255.255.255.255";
  for (int i = 0; i < 5; i++) lws_client_connect_via_info(&info);
  for (int i = 0; i < 2; i++) {
    fds[i] = pick_up_request(context, listener);
    say(fds[i], SMALL);
  }
  serve_until(context, &completed, 2);
  for (int i = 0; i < 2; i++) hang_up(context, fds[i]);
  serve_for(context, 20);
  lws_context_destroy(context);
}

// --- HTTP/2 by hand ---

static struct lws_context *asks_h2(int *fd, const char *method, const char *setting) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client();
  ask(context, method, port, LCCSCF_H2_PRIOR_KNOWLEDGE);
  *fd = pick_up_request(context, listener);
  say_h2(*fd, kSettings, 0, 0, setting ? setting : "", setting ? 6 : 0);
  say_h2(*fd, kSettings, kAck, 0, "", 0);
  serve_for(context, 50);
  return context;
}
static const char kHundredStreams[] = {0, 3, 0, 0, 0, 100};
static const char kRefusedStream[] = {0, 0, 0, 7}, kProtocolError[] = {0, 0, 0, 1}, kNoError[] = {0, 0, 0, 0};

static void is_reset(const char *method, const char *error) {
  int fd;
  struct lws_context *context = asks_h2(&fd, method, kHundredStreams);
  say_h2(fd, kReset, 0, kFirstStream, error, 4);
  serve_for(context, kWaitMs);
  lws_context_destroy(context);
  close(fd);
}
static void stream_is_refused(void) { is_reset("GET", kRefusedStream); }
static void stream_breaks_a_rule(void) { is_reset("GET", kProtocolError); }
static void websocket_on_h2(void) { is_reset(NULL, kProtocolError); }

static void stream_unanswered(void) {
  int fd;
  struct lws_context *context = asks_h2(&fd, "GET", kHundredStreams);
  serve_for(context, kWaitMs);
  lws_context_destroy(context);
  close(fd);
}
static void stream_answered_then_reset(void) {
  int fd;
  struct lws_context *context = asks_h2(&fd, "GET", kHundredStreams);
  say_h2(fd, kHeaders, kEndHeaders, kFirstStream, "\x88", 1);  // :status 200
  say_h2(fd, kData, kEndStream, kFirstStream, "ok", 2);
  serve_until(context, &completed, 1);
  say_h2(fd, kReset, 0, kFirstStream, kNoError, 4);
  serve_for(context, 50);
  lws_context_destroy(context);
  close(fd);
}
static void settings_have_none_and_go(void) {
  int fd;
  struct lws_context *context = asks_h2(&fd, "GET", NULL);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void settings_have_none(void) {
  int fd;
  struct lws_context *context = asks_h2(&fd, "GET", NULL);
  serve_for(context, kWaitMs);
  lws_context_destroy(context);
  close(fd);
}

// --- TLS ---

// A server with a certificate that it has signed itself, which is gone right after the handshake where LEAVES.
static void asks_tls(const char *ca_file, int flags, bool leaves) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context_creation_info made = client_info(callback_asking, 5);
  made.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  made.client_ssl_ca_filepath = ca_file;
  struct lws_context *context = start(&made);
  const struct identity shown = identity("shop.example", kDay);
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(tls, shown.certificate);
  SSL_CTX_use_PrivateKey(tls, shown.key);
  struct lws_client_connect_info info = ask_info(context, "GET", port, LCCSCF_USE_SSL | flags);
  info.host = info.origin = "shop.example";
  lws_client_connect_via_info(&info);
  const int fd = pick_up(context, listener);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL *ssl = SSL_new(tls);
  SSL_set_fd(ssl, fd);
  for (int turns = 0; turns < kTurns && !failed; turns++) {
    serve_for(context, 0);
    const int result = SSL_accept(ssl);
    if (result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_SSL) break;
  }
  if (leaves) reset(context, fd);
  until_over(context);
  lws_context_destroy(context);
}
static void ca_file_missing(void) { asks_tls("/nowhere/desk-ca.pem", 0, false); }
static void server_leaves_after_handshake(void) { asks_tls(NULL, LCCSCF_ALLOW_SELFSIGNED, true); }

const struct corpus_case asking_troubles[] = {
    {"path_is_whole_url", path_is_whole_url},
    {"path_names_url", path_names_url},
    {"host_not_given", host_not_given},
    {"host_not_missed", host_not_missed},
    {"host_not_given_for_tls", host_not_given_for_tls},
    {"websocket_only_there", websocket_only_there},
    {"tls_only_there", tls_only_there},
    {"address_in_brackets", address_in_brackets},
    {"host_in_brackets", host_in_brackets},
    {"path_has_no_room", path_has_no_room},
    {"path_has_no_room_left", path_has_no_room_left},
    {"path_has_room", path_has_room},
    {"header_line_left_open", header_line_left_open},
    {"header_ends_the_head", header_ends_the_head},
    {"header_is_a_line", header_is_a_line},
    {"tables_for_two", tables_for_two},
    {"tables_for_all", tables_for_all},
    {"some_have_no_route", some_have_no_route},
    {"stream_is_refused", stream_is_refused},
    {"stream_breaks_a_rule", stream_breaks_a_rule},
    {"websocket_on_h2", websocket_on_h2},
    {"stream_unanswered", stream_unanswered},
    {"stream_answered_then_reset", stream_answered_then_reset},
    {"settings_have_none", settings_have_none},
    {"settings_have_none_and_go", settings_have_none_and_go},
    {"ca_file_missing", ca_file_missing},
    {"server_leaves_after_handshake", server_leaves_after_handshake},
    {0},
};
