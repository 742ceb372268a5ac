// SPDX-License-Identifier: MIT
//
// The protocols of the hosts: "http" for whatever no other one takes, "dyn" answers "/dyn", "echo" returns websocket messages.
#include <string.h>

#include "host.h"

struct http_session {
  int status;  // 0: no answer pending
};

struct echo_session {
  unsigned char frame[LWS_PRE + 4096];
  size_t bytes;
  enum lws_write_protocol kind;
};

static int answer_headers(struct lws *wsi, struct http_session *session, const char *path) {
  unsigned char buffer[LWS_PRE + 512], *start = buffer + LWS_PRE, *p = start;
  if (strstr(path, "refuse")) return 1;
  if (strstr(path, "missing")) {
    if (lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL)) return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
  }
  session->status = HTTP_STATUS_OK;
  if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain", 4, &p, buffer + sizeof buffer)) return 1;
  if (lws_finalize_write_http_header(wsi, start, &p, buffer + sizeof buffer)) return 1;
  lws_callback_on_writable(wsi);
  return 0;
}

static int answer_body(struct lws *wsi, struct http_session *session) {
  unsigned char buffer[LWS_PRE + 4];
  if (!session || !session->status) return 0;
  session->status = 0;
  memcpy(buffer + LWS_PRE, "dyn\n", 4);
  if (lws_write(wsi, buffer + LWS_PRE, 4, LWS_WRITE_HTTP_FINAL) != 4) return 1;
  return lws_http_transaction_completed(wsi) ? -1 : 0;
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
  struct echo_session *session = user;
  host_enter(reason);
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
      if (len > sizeof session->frame - LWS_PRE) return host_leave(-1);
      memcpy(session->frame + LWS_PRE, in, len);
      session->bytes = len;
      session->kind = lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      if (!session->bytes) break;
      if (lws_write(wsi, session->frame + LWS_PRE, session->bytes, session->kind) < 0) return host_leave(-1);
      session->bytes = 0;
      break;
    default: break;
  }
  return host_leave(0);
}

struct lws_protocols host_protocols[] = {
    {.name = "http", .callback = callback_http},
    {.name = "dyn", .callback = callback_dyn, .per_session_data_size = sizeof(struct http_session)},
    {.name = "echo",
     .callback = callback_echo,
     .per_session_data_size = sizeof(struct echo_session),
     .rx_buffer_size = 4096},
    {0},
};
