// SPDX-License-Identifier: MIT
#include <string.h>

#include "client.h"

struct client_options client_options = {.method = "GET"};

void client_finished(struct exchange *exchange, const char *result, const char *detail) {
  if (!exchange || exchange->finished) return;
  exchange->finished = true;
  exchange->result = result;
  lws_strncpy(exchange->detail, detail ? detail : "", sizeof exchange->detail);
  exchange->detail[strcspn(exchange->detail, "\n")] = '\0';  // OpenSSL's words may have several lines
}

static int announce_body(struct lws *wsi, unsigned char **at, unsigned char *end) {
  char text[16];
  const int length = lws_snprintf(text, sizeof text, "%d", client_options.post_bytes);
  if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, (unsigned char *)text, length, at, end))
    return -1;
  lws_client_http_body_pending(wsi, 1);
  lws_callback_on_writable(wsi);
  return 0;
}

static int send_body(struct lws *wsi) {
  unsigned char buffer[LWS_PRE + 1024];
  const size_t bytes = (size_t)client_options.post_bytes < 1024 ? (size_t)client_options.post_bytes : 1024;
  memset(buffer, 'x', sizeof buffer);
  lws_client_http_body_pending(wsi, 0);
  return lws_write(wsi, buffer + LWS_PRE, bytes, LWS_WRITE_HTTP_FINAL) < (int)bytes ? -1 : 0;
}

// lws has the body of the response in its socket; it comes by RECEIVE_CLIENT_HTTP_READ while it is being read.
static int read_body(struct lws *wsi) {
  char buffer[LWS_PRE + 1024], *at = buffer + LWS_PRE;
  int room = sizeof buffer - LWS_PRE;
  return lws_http_client_read(wsi, &at, &room) < 0 ? -1 : 0;
}

static int callback_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct exchange *exchange = user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: client_finished(exchange, "failed", in); break;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      if (client_options.post_bytes) return announce_body(wsi, in, *(unsigned char **)in + len);
      break;
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: return send_body(wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: exchange->status = lws_http_client_http_response(wsi); break;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_body(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: exchange->received_bytes += len; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: client_finished(exchange, "completed", NULL); break;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: client_finished(exchange, "closed early", NULL); break;
    case LWS_CALLBACK_WSI_DESTROY:  // of every connection: this is protocols[0]; the carrier of h2 streams has no user
      if (exchange) exchange->gone = true;
      lws_cancel_service(lws_get_context(wsi));  // after a timeout lws_service() would go on waiting by itself
      break;
    default: break;
  }
  return 0;
}

// What both the websocket and the raw client do once connected: send a message, wait for its echo, send the next one.
static int send_message(struct lws *wsi, const struct exchange *exchange, enum lws_write_protocol kind) {
  unsigned char buffer[LWS_PRE + 32];
  if (exchange->messages >= client_options.messages) return 0;
  const int bytes = lws_snprintf((char *)buffer + LWS_PRE, 32, "message %d", exchange->messages);
  return lws_write(wsi, buffer + LWS_PRE, (size_t)bytes, kind) < bytes ? -1 : 0;
}

// The number of messages is reached: close, or wait.
static int after_last_message(struct lws *wsi, struct exchange *exchange) {
  if (client_options.leave_open) {
    client_finished(exchange, "left open", NULL);
    return 0;
  }
  if (client_options.peer_closes) return 0;
  if (exchange->status == 101) lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);  // on a raw one lws aborts
  return -1;
}

static int count_message(struct lws *wsi, struct exchange *exchange, size_t len) {
  exchange->received_bytes += len;
  if (++exchange->messages >= client_options.messages) return after_last_message(wsi, exchange);
  lws_callback_on_writable(wsi);
  return 0;
}

static int callback_ws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct exchange *exchange = user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: client_finished(exchange, "failed", in); break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      exchange->status = 101;
      if (client_options.refuse) return -1;
      lws_callback_on_writable(wsi);
      break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return send_message(wsi, exchange, LWS_WRITE_TEXT);
    case LWS_CALLBACK_CLIENT_RECEIVE: return count_message(wsi, exchange, len);
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: client_finished(exchange, "closed early", NULL); break;
    case LWS_CALLBACK_CLIENT_CLOSED: client_finished(exchange, "closed", NULL); break;
    default: break;
  }
  return 0;
}

static int callback_raw(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct exchange *exchange = user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: client_finished(exchange, "failed", in); break;
    case LWS_CALLBACK_RAW_CONNECTED: lws_callback_on_writable(wsi); break;
    case LWS_CALLBACK_RAW_WRITEABLE: return send_message(wsi, exchange, LWS_WRITE_RAW);
    case LWS_CALLBACK_RAW_RX: return count_message(wsi, exchange, len);
    case LWS_CALLBACK_RAW_CLOSE: client_finished(exchange, "closed", NULL); break;
    default: break;
  }
  return 0;
}

struct lws_protocols client_protocols[] = {
    {.name = "client-http", .callback = callback_http},
    {.name = "client-ws", .callback = callback_ws},
    {.name = "client-raw", .callback = callback_raw},
    {0},
};
