// SPDX-License-Identifier: MIT
//
// The files of the page (dashboards/web), embedded. A build without npm has none: no_page.cpp.
#ifndef WSITRACE_SERVE_PAGE_ASSETS_H
#define WSITRACE_SERVE_PAGE_ASSETS_H

#include <span>

namespace wsitrace {

struct Asset {
  const char *path;          // below the mount, without a leading '/': "index.html", "assets/app.js"
  const char *content_type;  // "text/html; charset=utf-8"
  std::span<const unsigned char> bytes;
  bool gzip;  // the bytes are compressed
};

std::span<const Asset> page_assets();

}  // namespace wsitrace

#endif
