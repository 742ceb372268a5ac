// SPDX-License-Identifier: MIT
//
// Clients that do not reach their server, or not as they mean to: addresses, proxies, methods and bodies.
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

#define SMALL "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum manner { kPlain, kShortBody, kWholeBody, kNoLength, kEndsOnMessage, kResultOfWrite };

static enum manner manner;
static bool with_ipv6;
static int failed, established, completed, ended, received;

static int write_body(struct lws *wsi, const char *text) {
  unsigned char buffer[LWS_PRE + 16];
  const size_t bytes = strlen(text);
  memcpy(buffer + LWS_PRE, text, bytes);
  lws_client_http_body_pending(wsi, 0);
  return lws_write(wsi, buffer + LWS_PRE, bytes, LWS_WRITE_HTTP_FINAL) < (int)bytes ? -1 : 0;
}

static int callback_reach(DESK_ARGUMENTS) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
      unsigned char **p = in, *end = *p + len;
      if (manner != kShortBody && manner != kWholeBody && manner != kNoLength) break;
      if (manner != kNoLength && lws_add_http_header_content_length(wsi, 10, p, end)) return -1;
      lws_client_http_body_pending(wsi, 1);
      lws_callback_on_writable(wsi);
      break;
    }
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
      if (manner == kShortBody) return manner = kPlain, write_body(wsi, "01234");
      if (manner == kWholeBody || manner == kNoLength) return manner = kPlain, write_body(wsi, "0123456789");
      break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      established++;
      if (manner == kResultOfWrite) lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: {
      unsigned char buffer[LWS_PRE + 8];
      if (manner != kResultOfWrite) break;
      memcpy(buffer + LWS_PRE, "from me!", 8);
      return lws_write(wsi, buffer + LWS_PRE, 8, LWS_WRITE_TEXT);
    }
    case LWS_CALLBACK_CLIENT_RECEIVE: received++; return manner == kEndsOnMessage ? -1 : 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: ended++; break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

static struct lws_context *client(unsigned int seconds) { return client_desk(callback_reach, seconds); }

static struct lws_context *tls_client(uint64_t options) {
  struct lws_context_creation_info info = desk_info(callback_reach, 2);
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.mounts = NULL;
  info.options |= options;
  if (with_ipv6) info.options &= ~LWS_SERVER_OPTION_DISABLE_IPV6;
  return start(&info);
}

// --- Addresses ---

static void asks(const char *address, int port, uint64_t options) {
  struct lws_context *context = tls_client(options);
  struct lws_client_connect_info info = ask_info(context, NULL, port, 0);
  info.address = info.host = address;
  if (lws_client_connect_via_info(&info)) serve_until(context, &failed, 1);
  serve_for(context, 50);
  lws_context_destroy(context);
}
static void address_is_url(void) { asks("wss://depot.example", 443, 0); }
static void address_with_port(void) { asks("127.0.0.1:7681", 7681, 0); }
static void address_with_path(void) { asks("127.0.0.1/live", 7681, 0); }
static void address_empty(void) { asks("", 7681, 0); }
static void port_zero(void) { asks("127.0.0.1", 0, 0); }
static void ipv6_refused(void) {
  with_ipv6 = true;
  asks("::1", 9, 0);
}
static void ipv6_switched_off(void) { asks("::1", 9, 0); }

// --- Proxies of the environment ---

static void by_environment(const char *form, bool goes_on) {
  int port, proxy_port;
  char proxy[64];
  const int listener = listen_on(&port, 8);
  close(listen_on(&proxy_port, 8));
  snprintf(proxy, sizeof proxy, form, proxy_port);
  setenv("http_proxy", proxy, 1);
  struct lws_context *context = client(2);
  ask(context, NULL, port, 0);
  if (goes_on) {
    const int fd = pick_up(context, listener);
    accept_upgrade_to(context, fd, "desk");
    serve_until(context, &established, 1);
    say_bytes(fd, "\x88\x02\x03\xe8", 4);
    serve_until(context, &ended, 1);
    close(fd);
  } else {
    serve_until(context, &failed, 1);
  }
  lws_context_destroy(context);
}
static void proxy_without_port(void) { by_environment("http://127.0.0.1", true); }
static void proxy_of_environment(void) { by_environment("http://127.0.0.1:%d/", false); }
static void proxy_unset(void) { by_environment("", true); }

// --- Bodies ---

static void posts(enum manner how, bool answers) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(2);
  manner = how;
  ask(context, "POST", port, 0);
  const int fd = pick_up_request(context, listener);
  serve_for(context, 700);
  if (answers) say(fd, SMALL);
  if (answers) serve_until(context, &completed, 1);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void post_shorter_than_promised(void) { posts(kShortBody, false); }
static void posts_without_length(void) { posts(kNoLength, false); }
static void post_as_promised(void) { posts(kWholeBody, true); }

// --- What a program does to its own connection ---

static void sessions(enum manner how) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(20);
  manner = how;
  ask(context, NULL, port, 0);
  const int fd = pick_up(context, listener);
  accept_upgrade_to(context, fd, "desk");
  serve_until(context, &established, 1);
  say_bytes(fd, "\x81\x02ok", 4);
  serve_for(context, 100);
  if (how == kPlain) say_bytes(fd, "\x88\x02\x03\xe8", 4);
  serve_until(context, &ended, 1);
  close(fd);
  lws_context_destroy(context);
}
static void client_ends_on_message(void) { sessions(kEndsOnMessage); }
static void client_returns_what_it_wrote(void) { sessions(kResultOfWrite); }
static void client_goes_on(void) { sessions(kPlain); }

// --- Other protocols ---

static void raw_over_tls(void) {
  int port;
  listen_on(&port, 8);
  struct lws_context *context = tls_client(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT);
  ask(context, "RAW", port, LCCSCF_USE_SSL);
  serve_for(context, 700);
  lws_context_destroy(context);
}
static void h2_to_h1_server(void) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = client(2);
  ask(context, "GET", port, LCCSCF_H2_PRIOR_KNOWLEDGE);
  const int fd = pick_up_request(context, listener);
  say(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  serve_for(context, 50);
  hang_up(context, fd);
  serve_for(context, 100);
  lws_context_destroy(context);
}

const struct corpus_case reach_troubles[] = {
    {"address_is_url", address_is_url},
    {"address_with_port", address_with_port},
    {"address_with_path", address_with_path},
    {"address_empty", address_empty},
    {"port_zero", port_zero},
    {"ipv6_refused", ipv6_refused},
    {"ipv6_switched_off", ipv6_switched_off},
    {"proxy_without_port", proxy_without_port},
    {"proxy_of_environment", proxy_of_environment},
    {"proxy_unset", proxy_unset},
    {"post_shorter_than_promised", post_shorter_than_promised},
    {"posts_without_length", posts_without_length},
    {"post_as_promised", post_as_promised},
    {"client_ends_on_message", client_ends_on_message},
    {"client_returns_what_it_wrote", client_returns_what_it_wrote},
    {"client_goes_on", client_goes_on},
    {"raw_over_tls", raw_over_tls},
    {"h2_to_h1_server", h2_to_h1_server},
    {0},
};
