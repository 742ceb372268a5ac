// SPDX-License-Identifier: MIT
//
// Fuzzes what a Site makes of a request: its path, its arguments and the headers that it looks at, as libwebsockets hands them on.
// The input is their lines: path, Authorization, Accept, Accept-Encoding, subprotocols, origin, host, then one argument each.
#include <cstdint>
#include <string_view>

#include "agent/serve/site.h"

namespace wsitrace {
namespace {

constexpr std::string_view kToken = "0123456789-token";

void require(bool promise) {
  if (!promise) __builtin_trap();
}

std::string_view take_line(std::string_view &text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

struct Asked {
  Request request;
  std::string_view subprotocols, origin, host;
};

Asked asked_in(std::string_view text) {
  Asked asked;
  asked.request.path = take_line(text);
  asked.request.authorization = take_line(text);
  asked.request.accept = take_line(text);
  asked.request.accept_encoding = take_line(text);
  asked.subprotocols = take_line(text);
  asked.origin = asked.request.origin = take_line(text);
  asked.host = asked.request.host = take_line(text);
  while (!text.empty()) asked.request.arguments.push_back(take_line(text));
  return asked;
}

void check_route(const Request &request) {
  const Route route = route_of(request.path, request.arguments);
  require(route.query.limit >= 1 || !route.complaint.empty());
  require(route.complaint.find('\n') == std::string::npos && route.complaint.size() < 100);
  if (route.complaint.empty()) require(route.query.limit <= ConnectionQuery::kMaxLimit);
}

bool may_be_known(unsigned status) {
  for (const unsigned known : {200u, 400u, 401u, 403u, 404u, 405u, 406u, 414u, 426u, 431u})
    if (status == known) return true;
  return false;
}

// One line, and nothing of what was asked: only what is rendered from the board may hold names.
void check_response(const Response &response) {
  require(may_be_known(response.status));
  if (response.status == 200) return;
  const std::string_view text = response.bytes();
  require(text.size() < 120 && text.find('\n') == text.size() - 1);
}

void check_site(const Request &request, const Access &access) {
  LiveBoard board;
  Site site({[] { return std::string("metrics"); }, [] { return std::string("report"); },
             [] { return std::string("open metrics"); }, &board});
  Exchange *exchange = site.open(nullptr, request, access);
  site.work();
  require(exchange->ready() && site.failures() == 0);
  check_response(exchange->response);
  const bool told = exchange->response.status == 200 && exchange->content;
  if (told && access.asks_for_token()) require(request.authorization.find(access.token) != std::string_view::npos);
  if (access.locked) require(!told);
  site.end(exchange);
}

void check(const Asked &asked) {
  Access open, closed, locked, local;
  local.local_names_only = true;
  closed.token = kToken;
  locked.locked = true;
  check_route(asked.request);
  for (const Access *access : {&open, &closed, &locked, &local}) check_site(asked.request, *access);
  if (closed.admits_socket(asked.request.authorization, asked.subprotocols))
    require(asked.request.authorization.find(kToken) != std::string_view::npos ||
            asked.subprotocols.find(kToken) != std::string_view::npos);
  require(!locked.admits_socket(asked.request.authorization, asked.subprotocols));
  if (is_own_origin(asked.origin, asked.host)) require(asked.origin.empty() || asked.origin.size() > asked.host.size());
}

}  // namespace
}  // namespace wsitrace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wsitrace::check(wsitrace::asked_in({reinterpret_cast<const char *>(data), size}));
  return 0;
}
