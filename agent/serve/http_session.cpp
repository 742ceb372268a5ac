// SPDX-License-Identifier: MIT
#include "agent/serve/http_session.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "agent/serve/response_headers.h"
#include "agent/serve/wsi_request.h"

namespace wsitrace {
namespace {

static_assert(std::is_trivial_v<HttpSession>);

constexpr long kMaxRequestBodyBytes = 1 << 20;  // a longer one is not read: the connection ends

constexpr int kGoOn = 0;
constexpr int kClose = -1;

// A request's body is read before it is answered, so that the connection can be used again.
void plan_request_body(lws *wsi, Exchange &exchange) {
  char length[24] = "";
  if (lws_hdr_copy(wsi, length, sizeof(length), WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0) {
    const long bytes = std::strtol(length, nullptr, 10);
    exchange.awaits_body = bytes > 0 && bytes <= kMaxRequestBodyBytes;
    exchange.closes = bytes > kMaxRequestBodyBytes;
  }
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) exchange.closes = true;
}

// While a response is awaited nothing is read: libwebsockets 4.1.6 would poll without a pause over a client that has left or
// that has asked for more already. (With reading off it does not write either, so reading comes back first.)
void answer_when_ready(lws *wsi, const Exchange &exchange) {
  if (exchange.ready()) {
    lws_callback_on_writable(wsi);
  } else {
    lws_rx_flow_control(wsi, 0);
  }
}

// WSI stands for the context only.
void announce_finished(Site &site, lws *wsi) {
  const Site::Finished finished = site.take_finished();
  for (lws *connection : finished.connections) {
    lws_rx_flow_control(connection, 1);
    lws_callback_on_writable(connection);
  }
  if (finished.more) lws_cancel_service(lws_get_context(wsi));
}

void end(Site &site, HttpSession &session) {
  if (session.exchange != nullptr) site.end(session.exchange);
  session.exchange = nullptr;
}

// That a request has come shows where the site is mounted: where the path below the mount begins.
void learn_mount(Site &site, lws *wsi, std::string_view path) {
  const std::string_view uri = uri_of(wsi);
  if (uri.ends_with(path)) site.doors().learn_mount(lws_get_vhost(wsi), uri.substr(0, uri.size() - path.size()));
}

int begin(Site &site, lws *wsi, HttpSession &session, std::string_view path) {
  end(site, session);
  learn_mount(site, wsi, path);
  const WsiRequest asked(wsi, path);
  session.exchange = site.open(wsi, asked.request(), *site.doors().access(lws_get_vhost(wsi)));
  plan_request_body(wsi, *session.exchange);
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, kRenderTimeoutSeconds);
  if (!session.exchange->awaits_body) answer_when_ready(wsi, *session.exchange);
  return kGoOn;
}

int body_arrived(lws *wsi, HttpSession &session) {
  if (session.exchange == nullptr) return kGoOn;
  session.exchange->awaits_body = false;
  answer_when_ready(wsi, *session.exchange);
  return kGoOn;
}

// Copies the next piece of the body to the client. HTTP/2 peers say how much they take; elsewhere the allowance is -1.
bool send_chunk(lws *wsi, Exchange &exchange) {
  const std::string_view body = exchange.response.bytes();
  size_t bytes = std::min(body.size() - exchange.sent_bytes, kChunkBytes);
  const auto allowance = lws_get_peer_write_allowance(wsi);
  if (allowance == 0) return true;
  if (allowance > 0) bytes = std::min(bytes, static_cast<size_t>(allowance));
  std::array<unsigned char, LWS_PRE + kChunkBytes> buffer;
  std::memcpy(buffer.data() + LWS_PRE, body.data() + exchange.sent_bytes, bytes);
  exchange.sent_bytes += bytes;
  const bool last = exchange.sent_bytes == body.size();
  return lws_write(wsi, buffer.data() + LWS_PRE, bytes, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) >= 0;
}

int complete(Site &site, lws *wsi, HttpSession &session) {
  const bool closes = session.exchange->closes;
  end(site, session);
  if (closes) return kClose;
  return lws_http_transaction_completed(wsi) != 0 ? kClose : kGoOn;
}

// On HTTP/2, libwebsockets 4.1.6 forgets what it could not send at once when the stream that wrote it ends; then the stream
// is ended one call later. Everywhere else the next request may be there already, and later would be too late.
bool must_flush_first(lws *wsi) {
  lws *connection = lws_get_network_wsi(wsi);
  return connection != wsi && lws_partial_buffered(connection) != 0;
}

int write_some(Site &site, lws *wsi, HttpSession &session) {
  Exchange *exchange = session.exchange;
  if (exchange == nullptr || exchange->awaits_body || !exchange->ready()) return kGoOn;
  const size_t body_bytes = exchange->method == Method::kHead ? 0 : exchange->response.bytes().size();
  if (exchange->headers_sent && exchange->sent_bytes == body_bytes) return complete(site, wsi, session);  // flushed now
  if (!exchange->headers_sent) {
    if (!send_response_headers(wsi, exchange->response, exchange->closes, body_bytes == 0)) return kClose;
    exchange->headers_sent = true;
  } else if (lws_send_pipe_choked(wsi) == 0 && !send_chunk(wsi, *exchange)) {
    return kClose;
  }
  if (exchange->sent_bytes == body_bytes && !must_flush_first(wsi)) return complete(site, wsi, session);
  lws_callback_on_writable(wsi);
  return kGoOn;
}

}  // namespace

int serve_http_callback(Site &site, lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len) noexcept
    try {
  if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
    announce_finished(site, wsi);
    return kGoOn;
  }
  auto *session = static_cast<HttpSession *>(user);
  if (session == nullptr)
    return reason == LWS_CALLBACK_HTTP || reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION ? kClose : kGoOn;
  switch (static_cast<int>(reason)) {
    case LWS_CALLBACK_HTTP: return begin(site, wsi, *session, {static_cast<const char *>(in), len});
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return body_arrived(wsi, *session);
    case LWS_CALLBACK_HTTP_WRITEABLE: return write_some(site, wsi, *session);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP: end(site, *session); return kGoOn;
    default: return serve_live_callback(site, wsi, reason, session->live, len);
  }
} catch (...) {
  return kClose;  // out of memory
}

}  // namespace wsitrace
