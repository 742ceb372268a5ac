// SPDX-License-Identifier: MIT
#include "agent/serve/wsi_request.h"

#include <array>
#include <cstring>

namespace wsitrace {
namespace {

constexpr char kFetchSite[] = "sec-fetch-site:";
constexpr int kMaxHeaderValueBytes = 1024;
constexpr int kMaxFetchSiteBytes = 31;  // "same-origin" is the longest

// libwebsockets keeps headers that it has no token for, of HTTP/1 in every version; in lower case, with the colon.
int fetch_site_bytes([[maybe_unused]] lws *wsi) {
#if defined(LWS_WITH_CUSTOM_HEADERS)
  return lws_hdr_custom_length(wsi, kFetchSite, sizeof kFetchSite - 1);
#else
  return 0;
#endif
}

std::string fetch_site_of([[maybe_unused]] lws *wsi) {
#if defined(LWS_WITH_CUSTOM_HEADERS)
  char value[kMaxFetchSiteBytes + 1];
  const int bytes = lws_hdr_custom_copy(wsi, value, sizeof value, kFetchSite, sizeof kFetchSite - 1);
  return bytes > 0 ? std::string(value, static_cast<size_t>(bytes)) : std::string();
#else
  return {};
#endif
}

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

}  // namespace

std::string header_of(lws *wsi, lws_token_indexes token) {
  const int bytes = lws_hdr_total_length(wsi, token);
  if (bytes <= 0 || bytes > kMaxHeaderValueBytes) return {};
  std::array<char, kMaxHeaderValueBytes + 64> value;
  const int copied = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
  return copied > 0 ? std::string(value.data(), static_cast<size_t>(copied)) : std::string();
}

std::string host_of(lws *wsi) {
  std::string host = header_of(wsi, WSI_TOKEN_HOST);
#if defined(LWS_ROLE_H2)
  if (host.empty()) host = header_of(wsi, WSI_TOKEN_HTTP_COLON_AUTHORITY);
#endif
  return host;
}

bool has_long_header(lws *wsi) {
  for (const lws_token_indexes token : {WSI_TOKEN_HOST, WSI_TOKEN_ORIGIN})
    if (lws_hdr_total_length(wsi, token) > kMaxHeaderValueBytes) return true;
#if defined(LWS_ROLE_H2)
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_COLON_AUTHORITY) > kMaxHeaderValueBytes) return true;
#endif
  return fetch_site_bytes(wsi) > kMaxFetchSiteBytes;
}

std::string_view uri_of(lws *wsi) {
  char *uri = nullptr;
  int uri_bytes = 0;
  if (lws_http_get_uri_and_method(wsi, &uri, &uri_bytes) < 0 || uri == nullptr) return {};
  return {uri, static_cast<size_t>(uri_bytes)};
}

WsiRequest::WsiRequest(lws *wsi, std::string_view path)
    : host_(host_of(wsi)),
      origin_(header_of(wsi, WSI_TOKEN_ORIGIN)),
      fetch_site_(fetch_site_of(wsi)),
      authorization_(header_of(wsi, WSI_TOKEN_HTTP_AUTHORIZATION)),
      accept_(header_of(wsi, WSI_TOKEN_HTTP_ACCEPT)),
      accept_encoding_(header_of(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING)) {
  request_.method = method_of(wsi);
  request_.path = path;
  request_.uri = uri_of(wsi);
  read_arguments(wsi);
  request_.header_too_long = has_long_header(wsi);
  request_.host = host_;
  request_.origin = origin_;
  request_.fetch_site = fetch_site_;
  request_.authorization = authorization_;
  request_.accept = accept_;
  request_.accept_encoding = accept_encoding_;
}

// They are fragments, each decoded on its own. In place of an empty last one ("?", "?a=b&") libwebsockets writes "/".
void WsiRequest::read_arguments(lws *wsi) {
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) > static_cast<int>(Site::kMaxUriBytes)) {
    request_.too_long = true;
    return;
  }
  std::array<char, Site::kMaxUriBytes + 1> argument;
  for (int i = 0;; ++i) {
    const int bytes =
        lws_hdr_copy_fragment(wsi, argument.data(), static_cast<int>(argument.size()), WSI_TOKEN_HTTP_URI_ARGS, i);
    if (bytes < 0) break;
    arguments_.emplace_back(argument.data(), static_cast<size_t>(bytes));
  }
  if (!arguments_.empty() && arguments_.back() == "/") arguments_.pop_back();
  request_.arguments.assign(arguments_.begin(), arguments_.end());
}

}  // namespace wsitrace
