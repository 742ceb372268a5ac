// SPDX-License-Identifier: MIT
//
// The protocols of the hosts: "http" for whatever no other one takes, "dyn" answers "/dyn", "echo" returns websocket messages.
#include <string.h>

#include "host.h"

struct http_session {
  int status;  // 0: no answer pending
};

int send_head(struct lws *wsi, long long bytes) {
  unsigned char buffer[LWS_PRE + 512], *head = buffer + LWS_PRE, *p = head, *end = buffer + sizeof buffer;
  const lws_filepos_t length = bytes < 0 ? LWS_ILLEGAL_HTTP_CONTENT_LEN : (lws_filepos_t)bytes;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", length, &p, end)) return 1;
  return lws_finalize_write_http_header(wsi, head, &p, end);
}

int send_body(struct lws *wsi, const char *text, enum lws_write_protocol how) {
  unsigned char buffer[LWS_PRE + 512];
  const size_t bytes = strlen(text);
  memcpy(buffer + LWS_PRE, text, bytes);
  return lws_write(wsi, buffer + LWS_PRE, bytes, how) < (int)bytes ? 1 : 0;
}

int complete(struct lws *wsi) { return lws_http_transaction_completed(wsi) ? -1 : 0; }

int host_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct host_echo *session = user;
  if (reason == LWS_CALLBACK_RECEIVE) {
    if (len > sizeof session->frame - LWS_PRE) return -1;
    memcpy(session->frame + LWS_PRE, in, len);
    session->bytes = len;
    session->kind = lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    lws_callback_on_writable(wsi);
  }
  if (reason == LWS_CALLBACK_SERVER_WRITEABLE && session->bytes) {
    if (lws_write(wsi, session->frame + LWS_PRE, session->bytes, session->kind) < 0) return -1;
    session->bytes = 0;
  }
  return 0;
}

static int answer_headers(struct lws *wsi, struct http_session *session, const char *path) {
  if (strstr(path, "refuse")) return 1;
  if (strstr(path, "missing")) return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : complete(wsi);
  session->status = HTTP_STATUS_OK;
  if (send_head(wsi, 4)) return 1;
  lws_callback_on_writable(wsi);
  return 0;
}

static int answer_body(struct lws *wsi, struct http_session *session) {
  if (!session || !session->status) return 0;
  session->status = 0;
  return send_body(wsi, "dyn\n", LWS_WRITE_HTTP_FINAL) ? 1 : complete(wsi);
}

static int callback_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  host_enter(reason);
  return host_leave(lws_callback_http_dummy(wsi, reason, user, in, len));
}

static int callback_dyn(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  host_enter(reason);
  switch (reason) {
    case LWS_CALLBACK_HTTP: return host_leave(answer_headers(wsi, user, in ? in : ""));
    case LWS_CALLBACK_HTTP_WRITEABLE: return host_leave(answer_body(wsi, user));
    default: return host_leave(lws_callback_http_dummy(wsi, reason, user, in, len));
  }
}

static int callback_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  host_enter(reason);
  return host_leave(host_echo(wsi, reason, user, in, len));
}

struct lws_protocols host_protocols[] = {
    {.name = "http", .callback = callback_http},
    {.name = "dyn", .callback = callback_dyn, .per_session_data_size = sizeof(struct http_session)},
    {.name = "echo",
     .callback = callback_echo,
     .per_session_data_size = sizeof(struct host_echo),
     .rx_buffer_size = 4096},
    {0},
};
