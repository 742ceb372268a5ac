// SPDX-License-Identifier: MIT
// What a Site answers to which request; site.cpp has what becomes of the answer.
#include <algorithm>

#include "agent/base/clock.h"
#include "agent/serve/page_assets.h"
#include "agent/serve/site.h"

namespace wsitrace {
namespace {

constexpr const char *kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char *kOpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr const char *kJson = "application/json";
constexpr const char *kTraceType = "application/octet-stream";
constexpr std::string_view kIndexFile = "index.html";

constexpr const char *kNoPage =
    "wsitrace\n"
    "  metrics               for Prometheus\n"
    "  api/report            connections, JSON (wsitrace.report/1)\n"
    "  api/connections       rows of connections, JSON (wsitrace.connections/1)\n"
    "  api/connections/PID/ID  one of them, whole\n"
    "  api/findings          leaks and faults, JSON (wsitrace.findings/1)\n"
    "  api/diagnosis         what went wrong, why, and what to do, JSON (wsitrace.diagnosis/1)\n"
    "  api/trace             what was recorded so far, for `wsitrace explain URL` and its like\n"
    "  api/live              changes as they happen, websocket (wsitrace.live/1)\n"
    "  healthz               ok while this server runs\n";
constexpr const char *kNotBuilt = "The page is not here: this build has none (it was built without npm).\n";
constexpr const char *kTurnedOff = "The page is turned off.\n";

Response text_answer(unsigned status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

// A page of another site could not read the answer, but have it made.
bool is_foreign(const Request &request) {
  return is_of_another_site(request.fetch_site) || !is_own_origin(request.origin, request.host);
}

size_t bytes_of(const Request &request) {
  size_t bytes = request.path.size();
  for (const std::string_view argument : request.arguments) bytes += argument.size() + 1;
  return bytes;
}

const Asset *asset_at(std::string_view path) {
  const auto assets = page_assets();
  const auto found = std::find_if(assets.begin(), assets.end(), [&](const Asset &asset) { return path == asset.path; });
  return found == assets.end() ? nullptr : &*found;
}

// The page refers to its files relative to a place that ends in '/'.
std::string with_slash(std::string_view uri) {
  return uri.empty() || uri.back() == '/' ? std::string() : std::string(uri.substr(uri.rfind('/') + 1)) + "/";
}

std::string key_of(const Request &request) {
  std::string key(request.path);
  for (const std::string_view argument : request.arguments) key.append("\n").append(argument);
  return key;
}

Expected<MadeContent> one_connection(const LiveBoard &board, uint32_t pid, uint64_t id) {
  std::optional<std::string> text = board.connection(pid, id);
  if (!text) return unexpected(Error{"connection", "not known, or not any more", {}});
  return MadeContent(*std::move(text));
}

void ask(Exchange &exchange, const char *content_type, std::string key,
         std::function<Expected<MadeContent>()> content) {
  exchange.response.content_type = content_type;
  exchange.content_key = std::move(key);
  exchange.content = std::move(content);
}

}  // namespace

void Site::answer_page(Exchange &exchange, const Route &route, const Request &request, const Access &access) const {
  const std::string_view file = route.file.empty() ? kIndexFile : route.file;
  const Asset *asset = access.page ? asset_at(file) : nullptr;
  Response &response = exchange.response;
  if (asset == nullptr) {
    if (route.file.empty()) response = text_answer(200, std::string(kNoPage) + (access.page ? kNotBuilt : kTurnedOff));
    else response = text_answer(404, "no such page\n");
  } else if (std::string place = with_slash(request.uri); route.file.empty() && !place.empty()) {
    response = text_answer(301, "the page is one slash further\n");
    response.location = std::move(place);
  } else if (asset->gzip && !takes_gzip(request.accept_encoding)) {
    response = text_answer(406, "this page is there as gzip only\n");
  } else {
    response.content_type = asset->content_type;
    response.asset = {reinterpret_cast<const char *>(asset->bytes.data()), asset->bytes.size()};
    response.gzip = asset->gzip;
  }
}

void Site::answer_api(Exchange &exchange, const Route &route, const Request &request) const {
  LiveBoard *board = content_.board;
  if (!route.complaint.empty()) {
    exchange.response = text_answer(400, route.complaint + "\n");
  } else if (route.place == Place::kReport) {
    exchange.is_slow = true;
    ask(exchange, kJson, kReportKey, content_.report);
  } else if (route.place == Place::kDiagnosis && diagnosis_ != nullptr) {
    exchange.is_slow = true;
    ask(exchange, kJson, key_of(request), [this, as_set = route.as_set]() -> Expected<MadeContent> {
      const Diagnosed &diagnosed = diagnosis_->get();
      if (as_set) return MadeContent(diagnosed.set);
      if (!diagnosed.document) return unexpected(diagnosed.document.error());
      return MadeContent(*diagnosed.document);
    });
  } else if (route.place == Place::kTrace && content_.trace) {
    exchange.is_slow = true;
    ask(exchange, kTraceType, key_of(request), [this, pid = route.pid] { return content_.trace(pid); });
  } else if (board == nullptr || route.place == Place::kDiagnosis || route.place == Place::kTrace) {
    exchange.response = text_answer(404, "no such page\n");
  } else if (route.place == Place::kConnections) {
    ask(exchange, kJson, key_of(request),
        [board, query = route.query] { return board->connections(query, monotonic_ns()); });
  } else if (route.place == Place::kConnection) {
    ask(exchange, kJson, key_of(request),
        [board, pid = route.pid, id = route.id] { return one_connection(*board, pid, id); });
  } else if (route.place == Place::kFindings) {
    ask(exchange, kJson, "findings", [board] { return board->findings(monotonic_ns()); });
  } else {
    exchange.response = text_answer(426, "this is a websocket, subprotocol wsitrace\n");
  }
}

void Site::answer_metrics(Exchange &exchange, bool open) const {
  ask(exchange, open ? kOpenMetricsType : kMetricsType, open ? "open_metrics" : "metrics",
      [this, board = content_.board, &render = open ? content_.open_metrics : content_.metrics] {
        metrics_shown_.store(true, std::memory_order_relaxed);
        if (board != nullptr) board->ask();
        return render();
      });
}

void Site::route(Exchange &exchange, const Request &request, const Access &access) const {
  Response &response = exchange.response;
  if (request.too_long || bytes_of(request) > kMaxUriBytes) {
    response = text_answer(414, "the URI is longer than 1 KiB\n");
    return;
  }
  if (request.header_too_long) {
    response = text_answer(431, "a header is longer than 1 KiB\n");
    return;
  }
  const Route route = route_of(request.path, request.arguments);
  const bool is_public = route.place == Place::kHealth || (route.place == Place::kPage && !access.metrics_only);
  if (!is_public && !access.knows_host(request.host)) {
    response = text_answer(403, "by this name nobody is served: use the address, localhost, or a token\n");
  } else if (!is_public && route.place != Place::kMetrics && is_foreign(request)) {
    response = text_answer(403, "a page of another site may not ask\n");
  } else if (!is_public && !access.admits(request.authorization)) {
    response = text_answer(401, "a token is needed\n");
  } else if (route.place == Place::kNowhere ||
             (access.metrics_only && route.place != Place::kMetrics && route.place != Place::kHealth)) {
    response = text_answer(404, "no such page\n");
  } else if (request.method == Method::kOther) {
    response = text_answer(405, "only GET and HEAD\n");
  } else if (route.place == Place::kHealth) {
    response = text_answer(200, "ok\n" + (content_.complaints ? content_.complaints() : std::string()));
  } else if (route.place == Place::kPage) {
    answer_page(exchange, route, request, access);
  } else if (route.place != Place::kMetrics) {
    answer_api(exchange, route, request);
  } else {
    answer_metrics(exchange, content_.open_metrics && wants_open_metrics(request.accept));
  }
}

}  // namespace wsitrace
