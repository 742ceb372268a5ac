// SPDX-License-Identifier: MIT
#include "agent/serve/http_session.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace wsitrace {
namespace {

static_assert(std::is_trivial_v<HttpSession>);

constexpr size_t kMaxHeaderBytes = 4096;  // ours need 200; the rest is for headers that a vhost adds to every response
constexpr long kMaxRequestBodyBytes = 1 << 20;  // a longer one is not read: the connection ends

constexpr int kGoOn = 0;
constexpr int kClose = -1;

Method method_of(lws *wsi) {
  char *uri = nullptr;
  int uri_bytes = 0;
  switch (lws_http_get_uri_and_method(wsi, &uri, &uri_bytes)) {
    case LWSHUMETH_GET: return Method::kGet;
    case LWSHUMETH_HEAD: return Method::kHead;
#if defined(LWS_ROLE_H2)
    case LWSHUMETH_COLON_PATH: {
      char name[8];
      if (lws_hdr_copy(wsi, name, sizeof(name), WSI_TOKEN_HTTP_COLON_METHOD) < 0) return Method::kOther;
      if (std::strcmp(name, "GET") == 0) return Method::kGet;
      return std::strcmp(name, "HEAD") == 0 ? Method::kHead : Method::kOther;
    }
#endif
    default: return Method::kOther;
  }
}

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

void announce_finished(Site &site) {
  for (lws *wsi : site.take_finished()) {
    lws_rx_flow_control(wsi, 1);
    lws_callback_on_writable(wsi);
  }
}

void end(Site &site, HttpSession &session) {
  if (session.exchange != nullptr) site.end(session.exchange);
  session.exchange = nullptr;
}

int begin(Site &site, lws *wsi, HttpSession &session, std::string_view path) {
  end(site, session);
  session.exchange = site.open(wsi, method_of(wsi), path);
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

// Appends headers to a buffer; remembers that one did not fit.
class Headers {
 public:
  Headers(lws *wsi, unsigned status) : wsi_(wsi) {
    failed_ = lws_add_http_header_status(wsi, status, &at_, end()) != 0;
  }

  void add(const char *name_and_colon, std::string_view value) {
    failed_ = failed_ || lws_add_http_header_by_name(wsi_, reinterpret_cast<const unsigned char *>(name_and_colon),
                                                     reinterpret_cast<const unsigned char *>(value.data()),
                                                     static_cast<int>(value.size()), &at_, end()) != 0;
  }
  void add_length(size_t bytes) {
    failed_ = failed_ || lws_add_http_header_content_length(wsi_, bytes, &at_, end()) != 0;
  }

  bool send(bool last) {
    if (failed_ || lws_finalize_http_header(wsi_, &at_, end()) != 0) return false;
    const int how = LWS_WRITE_HTTP_HEADERS | (last ? LWS_WRITE_H2_STREAM_END : 0);
    const auto bytes = static_cast<size_t>(at_ - start());
    return lws_write(wsi_, start(), bytes, static_cast<lws_write_protocol>(how)) >= 0;
  }

 private:
  unsigned char *start() { return buffer_.data() + LWS_PRE; }
  unsigned char *end() { return buffer_.data() + buffer_.size(); }

  lws *wsi_;
  std::array<unsigned char, LWS_PRE + kMaxHeaderBytes> buffer_;
  unsigned char *at_ = start();
  bool failed_ = false;
};

bool send_headers(lws *wsi, const Exchange &exchange, bool last) {
  const Response &response = exchange.response;
  Headers headers(wsi, response.status);
  headers.add("content-type:", response.content_type);
  headers.add_length(response.body->size());
  headers.add("cache-control:", "no-store");
  headers.add("x-content-type-options:", "nosniff");
  if (response.status == 405) headers.add("allow:", "GET, HEAD");
  if (exchange.closes) headers.add("connection:", "close");
  return headers.send(last);
}

// Copies the next piece of the body to the client. HTTP/2 peers say how much they take; elsewhere the allowance is -1.
bool send_chunk(lws *wsi, Exchange &exchange) {
  const std::string &body = *exchange.response.body;
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
  const size_t body_bytes = exchange->method == Method::kHead ? 0 : exchange->response.body->size();
  if (exchange->headers_sent && exchange->sent_bytes == body_bytes) return complete(site, wsi, session);  // flushed now
  if (!exchange->headers_sent) {
    if (!send_headers(wsi, *exchange, body_bytes == 0)) return kClose;
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
    announce_finished(site);
    return kGoOn;
  }
  auto *session = static_cast<HttpSession *>(user);
  if (session == nullptr) return reason == LWS_CALLBACK_HTTP ? kClose : kGoOn;
  switch (static_cast<int>(reason)) {
    case LWS_CALLBACK_HTTP: return begin(site, wsi, *session, {static_cast<const char *>(in), len});
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return body_arrived(wsi, *session);
    case LWS_CALLBACK_HTTP_WRITEABLE: return write_some(site, wsi, *session);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP: end(site, *session); return kGoOn;
    default: return kGoOn;
  }
} catch (...) {
  return kClose;  // out of memory
}

}  // namespace wsitrace
