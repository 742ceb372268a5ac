// SPDX-License-Identifier: MIT
#include "agent/serve/response_headers.h"

#include <array>

namespace wsitrace {
namespace {

constexpr size_t kMaxHeaderBytes = 4096;  // ours need 700; the rest is for headers that a vhost adds to every response

// What a browser may do with the page: its own scripts, styles and pictures, and nothing from elsewhere.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Appends headers to a buffer; remembers that one did not fit.
class ResponseHeaders {
 public:
  ResponseHeaders(lws *wsi, unsigned status) : wsi_(wsi) {
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

void add_what_the_status_needs(ResponseHeaders &headers, unsigned status) {
  if (status == 401) headers.add("www-authenticate:", "Bearer");
  if (status == 405) headers.add("allow:", "GET, HEAD");
}

}  // namespace

bool send_response_headers(lws *wsi, const Response &response, bool closes, bool last) {
  ResponseHeaders headers(wsi, response.status);
  headers.add("content-type:", response.content_type);
  headers.add_length(response.bytes().size());
  if (response.gzip) headers.add("content-encoding:", "gzip");
  headers.add("cache-control:", "no-store");
  headers.add("content-security-policy:", kContentSecurityPolicy);
  headers.add("x-content-type-options:", "nosniff");
  headers.add("x-frame-options:", "DENY");
  headers.add("referrer-policy:", "no-referrer");
  headers.add("cross-origin-resource-policy:", "same-origin");
  add_what_the_status_needs(headers, response.status);
  if (!response.location.empty()) headers.add("location:", response.location);
  if (closes) headers.add("connection:", "close");
  return headers.send(last);
}

}  // namespace wsitrace
