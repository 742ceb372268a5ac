// SPDX-License-Identifier: MIT
//
// Web servers whose answers their clients cannot use: streams and chunks without an end, headers that lead nowhere, uploads that are
// refused in their middle, files that are not completed.
#include <stdio.h>
#include <sys/socket.h>

#include "troubles.h"

enum { kBigBytes = 8 * 1024 * 1024, kPieceBytes = 65536, kUploadBytes = 60000 };

static enum {
  kEmpty,            // a head with Content-Length: 0
  kEmptyEnded,       // the same, and it ends the stream
  kSaysConnection,   // a header that is of HTTP/1.1 only
  kWithoutFinal,     // a body without a length, and no last piece
  kChunks,           // without the last one
  kChunksEnded,      // with it
  kRedirectsToPort,  // to HOST:PORT
  kRedirectsToUrl,   // to http://HOST:PORT/
  kRefusesEarly,     // an upload, in its middle
  kRefusesAtLast,    // when all of it has come
  kBigAtOnce,        // in one lws_write(), and then -1
  kBigCompleted,     // in one lws_write(), and then completed
  kForbids,          // a page of status 403, not completed
  kForbidsWhole      // completed
} manner;

static int put_header(struct lws *wsi, enum lws_token_indexes token, const char *value, unsigned char **to,
                      unsigned char *end) {
  return lws_add_http_header_by_token(wsi, token, (const unsigned char *)value, (int)strlen(value), to, end);
}

static int empty_answer(struct lws *wsi, int how) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins, *limit = head + sizeof head;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", 0, &ends, limit) ||
      lws_finalize_http_header(wsi, &ends, limit))
    return -1;
  const int flags = LWS_WRITE_HTTP_HEADERS | how;
  if (lws_write(wsi, begins, (size_t)(ends - begins), (enum lws_write_protocol)flags) < 0) return -1;
  return complete(wsi);
}

static int says_connection(struct lws *wsi) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins, *limit = head + sizeof head;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", 6, &ends, limit) ||
      lws_add_http_header_by_name(wsi, (const unsigned char *)"Connection:", (const unsigned char *)"close", 5, &ends,
                                  limit) ||
      lws_finalize_write_http_header(wsi, begins, &ends, limit) || send_body(wsi, "hello\n", LWS_WRITE_HTTP_FINAL))
    return -1;
  return complete(wsi);
}

static int in_chunks(struct lws *wsi) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *ends = begins, *limit = head + sizeof head;
  if (lws_add_http_header_status(wsi, HTTP_STATUS_OK, &ends, limit) ||
      put_header(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING, "chunked", &ends, limit) ||
      lws_finalize_write_http_header(wsi, begins, &ends, limit) || send_body(wsi, "6\r\nhello\n\r\n", LWS_WRITE_HTTP))
    return -1;
  if (manner == kChunksEnded && send_body(wsi, "0\r\n\r\n", LWS_WRITE_HTTP_FINAL)) return -1;
  return complete(wsi);
}

static int redirect(struct lws *wsi, const char *to) {
  unsigned char head[LWS_PRE + 512], *begins = head + LWS_PRE, *limit = head + sizeof head;
  if (lws_http_redirect(wsi, HTTP_STATUS_FOUND, (const unsigned char *)to, (int)strlen(to), &begins, limit) < 0)
    return -1;
  return complete(wsi);
}

static int send_big(struct lws *wsi) {
  static unsigned char big[LWS_PRE + kBigBytes];
  if (lws_write(wsi, big + LWS_PRE, kBigBytes, LWS_WRITE_HTTP_FINAL) < 0) return -1;
  return manner == kBigAtOnce ? -1 : complete(wsi);
}

static int handle(struct lws *wsi) {
  switch (manner) {
    case kEmpty: return empty_answer(wsi, 0);
    case kEmptyEnded: return empty_answer(wsi, LWS_WRITE_H2_STREAM_END);
    case kSaysConnection: return says_connection(wsi);
    case kWithoutFinal: return send_head(wsi, -1) || send_body(wsi, "hello\n", LWS_WRITE_HTTP) ? -1 : complete(wsi);
    case kChunks:
    case kChunksEnded: return in_chunks(wsi);
    case kRedirectsToPort: return redirect(wsi, "localhost:7681");
    case kRedirectsToUrl: return redirect(wsi, "http://localhost:7681/");
    case kForbids:
    case kForbidsWhole:
      lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
      return manner == kForbids ? 0 : complete(wsi);
    case kBigAtOnce:
    case kBigCompleted: return send_head(wsi, kBigBytes) || lws_callback_on_writable(wsi) < 0 ? -1 : 0;
    default: return 0;
  }
}

static int refuse(struct lws *wsi) { return lws_return_http_status(wsi, HTTP_STATUS_REQ_ENTITY_TOO_LARGE, NULL); }

static int callback_web(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return handle(wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE: return send_big(wsi);
    case LWS_CALLBACK_HTTP_BODY:
      if (manner != kRefusesEarly) return 0;
      refuse(wsi);
      return -1;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return refuse(wsi) ? -1 : complete(wsi);
    default: break;
  }
  return 0;
}

// --- Responses ---

static void asks(int how, const char *request, int ms) {
  manner = how;
  struct lws_context *context = desk(callback_web, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, request);
  serve_and_read(context, fd, ms);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void asks_h2(int how) {
  manner = how;
  struct lws_context_creation_info info = desk_info(callback_web, 20);
  info.options |= LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  say_h2(fd, kSettings, 0, 0, "", 0);
  serve_for(context, 15);
  say_h2(fd, kSettings, kAck, 0, "", 0);
  say_h2(fd, kHeaders, kEndStream | kEndHeaders, 1,
         "\x82\x86\x84\x41\x03"
         "app",
         8);  // GET / of app, as in troubles_h2.c
  serve_and_read(context, fd, 200);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void stream_is_not_ended(void) { asks_h2(kEmpty); }
static void stream_ends_with_head(void) { asks_h2(kEmptyEnded); }
static void stream_lacks_last_piece(void) { asks_h2(kWithoutFinal); }
static void stream_says_connection(void) { asks_h2(kSaysConnection); }
static void empty_answer_of_http1(void) { asks(kEmpty, TROUBLE_GET("/order"), 700); }
static void chunks_are_not_ended(void) { asks(kChunks, TROUBLE_GET("/order"), 700); }
static void chunks_are_ended(void) { asks(kChunksEnded, TROUBLE_GET("/order"), 700); }
static void redirects_to_port(void) { asks(kRedirectsToPort, TROUBLE_GET("/order"), 100); }
static void redirects_to_url(void) { asks(kRedirectsToUrl, TROUBLE_GET("/order"), 100); }

// One request at a time, the next as soon as there is an answer.
static void asks_again(struct lws_context *context, const char *const *requests, int count) {
  const int fd = dial(port_of(context, "app"));
  for (int i = 0; i < count; i++) {
    say(fd, requests[i]);
    serve_and_read(context, fd, 60);
  }
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void forbids(int how) {
  static const char *const requests[] = {TROUBLE_GET("/order"), TROUBLE_GET("/menu")};
  manner = how;
  asks_again(desk(callback_web, 20), requests, 2);
}
static void status_page_not_completed(void) { forbids(kForbids); }
static void status_page_completed(void) { forbids(kForbidsWhole); }

// The document for what is not found: it is not found, either, or nobody comes back for it.
static void not_found_here(int rounds) {
  static const char *const requests[] = {TROUBLE_GET("/order"), TROUBLE_GET("/missing.html"),
                                         TROUBLE_GET("/missing.html"), TROUBLE_GET("/missing.html"),
                                         TROUBLE_GET("/missing.html")};
  struct lws_context_creation_info info = desk_info(lws_callback_http_dummy, 20);
  info.error_document_404 = "/missing.html";
  asks_again(start(&info), requests, rounds);
}
static void redirects_in_circle(void) { not_found_here(5); }
static void redirects_once(void) { not_found_here(1); }

static void mounted_at(const char *mountpoint, const char *request) {
  static struct lws_http_mount mount = {.origin = "desk", .origin_protocol = LWSMPRO_CALLBACK};
  mount.mountpoint = mountpoint;
  mount.mountpoint_len = (unsigned char)strlen(mountpoint);
  struct lws_context_creation_info info = desk_info(callback_web, 20);
  info.mounts = &mount;
  manner = kForbidsWhole;
  asks_again(start(&info), &request, 1);
}
static void mount_ends_with_slash(void) { mounted_at("/shop/", TROUBLE_GET("/shop/order")); }
static void mount_ends_without_slash(void) { mounted_at("/shop", TROUBLE_GET("/shop/order")); }

static void uploads(int how) {
  static char body[kUploadBytes + 1];
  manner = how;
  struct lws_context *context = desk(callback_web, 20);
  const int fd = dial(port_of(context, "app"));
  memset(body, 'm', kUploadBytes);
  say(fd, "POST /order HTTP/1.1\r\nHost: app\r\nContent-Length: 60000\r\n\r\n");
  say(fd, body);
  serve_and_read(context, fd, 200);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void upload_is_refused_early(void) { uploads(kRefusesEarly); }
static void upload_is_refused_at_last(void) { uploads(kRefusesAtLast); }

// The peer reads slowly, or nothing before lws's 5 s are over.
static void downloads(int how, bool reads) {
  manner = how;
  struct lws_context *context = desk(callback_web, 20);
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  if (reads) serve_and_read(context, fd, 1500);
  else serve_for(context, 6000);
  hang_up(context, fd);
  lws_context_destroy(context);
}
static void rest_is_thrown_away(void) { downloads(kBigAtOnce, false); }
static void rest_is_taken(void) { downloads(kBigAtOnce, true); }
static void rest_is_completed(void) { downloads(kBigCompleted, true); }

// --- Files of a mount, whose end protocols[0] is told ---

static int callback_silent(DESK_ARGUMENTS) {
  (void)wsi;
  (void)reason;
  (void)user;
  (void)in;
  (void)len;
  return 0;
}

static void browses(lws_callback_function *callback) {
  static char folder[] = "/tmp/desk-XXXXXX", path[64];
  static struct lws_http_mount files = {.mountpoint = "/", .mountpoint_len = 1, .origin_protocol = LWSMPRO_FILE};
  static struct lws_protocols protocols[2];
  if (!mkdtemp(folder)) give_up("no folder");
  snprintf(path, sizeof path, "%s/menu.txt", folder);
  FILE *file = fopen(path, "we");
  if (!file || fputs("soup\n", file) < 0 || fclose(file)) give_up("no file");
  files.origin = folder;
  protocols[0] = (struct lws_protocols){.name = "desk", .callback = callback};
  struct lws_context_creation_info info = desk_info(callback_web, 20);
  info.protocols = protocols;
  info.mounts = &files;
  struct lws_context *context = start(&info);
  const int fd = dial(port_of(context, "app"));
  for (int i = 0; i < 2; i++) {
    say(fd, TROUBLE_GET("/menu.txt"));
    serve_and_read(context, fd, 200);
  }
  say(fd, "PUT /order HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n");
  serve_and_read(context, fd, 100);
  hang_up(context, fd);
  lws_context_destroy(context);
  unlink(path);
  rmdir(folder);
}
static void file_is_not_completed(void) { browses(callback_silent); }
static void files_get_put(void) { browses(lws_callback_http_dummy); }

const struct corpus_case web_troubles[] = {
    {"stream_is_not_ended", stream_is_not_ended},
    {"stream_ends_with_head", stream_ends_with_head},
    {"stream_lacks_last_piece", stream_lacks_last_piece},
    {"stream_says_connection", stream_says_connection},
    {"empty_answer_of_http1", empty_answer_of_http1},
    {"chunks_are_not_ended", chunks_are_not_ended},
    {"chunks_are_ended", chunks_are_ended},
    {"redirects_to_port", redirects_to_port},
    {"redirects_to_url", redirects_to_url},
    {"status_page_not_completed", status_page_not_completed},
    {"status_page_completed", status_page_completed},
    {"redirects_in_circle", redirects_in_circle},
    {"redirects_once", redirects_once},
    {"mount_ends_with_slash", mount_ends_with_slash},
    {"mount_ends_without_slash", mount_ends_without_slash},
    {"upload_is_refused_early", upload_is_refused_early},
    {"upload_is_refused_at_last", upload_is_refused_at_last},
    {"rest_is_thrown_away", rest_is_thrown_away},
    {"rest_is_taken", rest_is_taken},
    {"rest_is_completed", rest_is_completed},
    {"file_is_not_completed", file_is_not_completed},
    {"files_get_put", files_get_put},
    {0},
};
