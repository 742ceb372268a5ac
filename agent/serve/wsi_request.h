// SPDX-License-Identifier: MIT
//
// What a wsi was asked for, as libwebsockets has parsed it: HTTP/1.x and HTTP/2.
#ifndef WSITRACE_SERVE_WSI_REQUEST_H
#define WSITRACE_SERVE_WSI_REQUEST_H

#include <libwebsockets.h>

#include <string>

#include "agent/serve/site.h"

namespace wsitrace {

// A header's value; empty: not sent, or longer than any that is worth reading.
std::string header_of(lws *wsi, lws_token_indexes token);
// Host, Origin or Sec-Fetch-Site is so long that it is not read: nobody knows where the request is from.
bool has_long_header(lws *wsi);
// Host, or what stands for it in HTTP/2.
std::string host_of(lws *wsi);
// The whole path, mountpoint included.
std::string_view uri_of(lws *wsi);

// Holds the texts that request() refers to.
class WsiRequest {
 public:
  // PATH: below the mount, as the HTTP callback is told it.
  WsiRequest(lws *wsi, std::string_view path);
  WsiRequest(const WsiRequest &) = delete;
  WsiRequest &operator=(const WsiRequest &) = delete;
  [[nodiscard]] const Request &request() const { return request_; }

 private:
  void read_arguments(lws *wsi);

  std::vector<std::string> arguments_;
  std::string host_, origin_, fetch_site_, authorization_, accept_, accept_encoding_;
  Request request_;
};

}  // namespace wsitrace

#endif
