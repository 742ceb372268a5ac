// SPDX-License-Identifier: MIT
//
// What a request asks for: its path and its query, parsed once into what a site may trust. Pure.
//
// Paths:     below the mount, already percent-decoded and freed of ".." by libwebsockets. An unknown one is 404.
// Arguments: "NAME=VALUE", decoded, as they stood between the '&'s. api/... takes the ones it knows, once each, with values that
//            make sense: anything else is 400. An empty value asks for nothing. metrics, healthz and the page ignore them.
// Complaints never repeat what the client has sent.
#ifndef WSITRACE_SERVE_ROUTE_H
#define WSITRACE_SERVE_ROUTE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/export/live/selection.h"

namespace wsitrace {

enum class Place {
  kNowhere,
  kPage,
  kHealth,
  kMetrics,
  kReport,
  kConnections,
  kConnection,
  kFindings,
  kDiagnosis,
  kTrace,
  kLive
};

struct Route {
  Place place = Place::kNowhere;
  std::string_view file;  // kPage: "", "index.html", "assets/app.js"; a part of the path
  ConnectionQuery query;  // kConnections
  uint32_t pid = 0;       // kConnection; kTrace, where 0 is the only one there is
  uint64_t id = 0;
  bool as_set = false;    // kDiagnosis: of all processes, and no error where there is none
  std::string complaint;  // not empty: a bad request
};

using Arguments = std::vector<std::string_view>;

Route route_of(std::string_view path, const Arguments &arguments);

// Whether a client takes application/openmetrics-text, and not rather text/plain. ACCEPT: the header of that name (RFC 9110, 12.5.1).
bool wants_open_metrics(std::string_view accept);
// Whether it takes gzip. ENCODINGS: its Accept-Encoding; a client that sends none takes anything.
bool takes_gzip(std::string_view encodings);

}  // namespace wsitrace

#endif
