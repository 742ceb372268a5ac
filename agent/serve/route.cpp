// SPDX-License-Identifier: MIT
#include "agent/serve/route.h"

#include <algorithm>
#include <charconv>

#include "agent/timeline/filter.h"

namespace wsitrace {
namespace {

constexpr std::string_view kConnectionsPath = "api/connections";
constexpr uint64_t kMostOffset = 1'000'000'000;

struct Parameter {
  std::string_view name;
  // False: the value makes no sense.
  bool (*set)(ConnectionQuery &query, std::string_view value);
  const char *complaint;
};

template <typename Number>
bool parse_number(std::string_view text, Number &number) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool set_class(ConnectionQuery &query, std::string_view value) { return (query.cls = class_named(value)).has_value(); }
bool set_state(ConnectionQuery &query, std::string_view value) {
  return (query.state = state_named(value)).has_value();
}
bool set_vhost(ConnectionQuery &query, std::string_view value) {
  query.vhost = value;
  return true;
}
bool set_sort(ConnectionQuery &query, std::string_view value) {
  if (value == "age") query.sort = RowSort::kAge;
  else if (value == "id") query.sort = RowSort::kId;
  else if (value == "transactions") query.sort = RowSort::kTransactions;
  else return false;
  return true;
}
bool set_offset(ConnectionQuery &query, std::string_view value) {
  return parse_number(value, query.offset) && query.offset <= kMostOffset;
}
bool set_limit(ConnectionQuery &query, std::string_view value) {
  return parse_number(value, query.limit) && query.limit >= 1 && query.limit <= ConnectionQuery::kMaxLimit;
}

constexpr Parameter kParameters[] = {
    {"class", set_class, "class: not one of listener, client, internal"},
    {"vhost", set_vhost, ""},
    {"state", set_state, "state: not one of handshake, idle, active, upgraded, closed"},
    {"sort", set_sort, "sort: not one of age, id, transactions"},
    {"offset", set_offset, "offset: not a number of rows"},
    {"limit", set_limit, "limit: not a number from 1 to 1000"},
};

// What is wrong, or nothing.
std::string set_argument(ConnectionQuery &query, std::string_view argument, std::vector<std::string_view> &seen) {
  const size_t equals = std::min(argument.find('='), argument.size());
  const std::string_view name = argument.substr(0, equals);
  const std::string_view value = argument.substr(std::min(equals + 1, argument.size()));
  const auto *parameter =
      std::find_if(std::begin(kParameters), std::end(kParameters), [&](const Parameter &p) { return p.name == name; });
  if (parameter == std::end(kParameters)) return "unknown parameter (known: class, vhost, state, sort, offset, limit)";
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) return std::string(name) + ": given twice";
  seen.push_back(parameter->name);
  if (value.empty()) return {};
  return parameter->set(query, value) ? std::string() : std::string(parameter->complaint);
}

void parse_query(Route &route, const Arguments &arguments) {
  std::vector<std::string_view> seen;
  for (const std::string_view argument : arguments) {
    if (argument.empty()) continue;
    route.complaint = set_argument(route.query, argument, seen);
    if (!route.complaint.empty()) return;
  }
}

void refuse_arguments(Route &route, const Arguments &arguments) {
  if (std::any_of(arguments.begin(), arguments.end(), [](std::string_view a) { return !a.empty(); }))
    route.complaint = "no parameters here";
}

void parse_diagnosis(Route &route, const Arguments &arguments) {
  for (const std::string_view argument : arguments) {
    if (argument == "as=set") route.as_set = true;
    else if (!argument.empty()) route.complaint = "unknown parameter (known: as=set)";
  }
}

void parse_trace(Route &route, const Arguments &arguments) {
  constexpr std::string_view kPid = "pid=";
  for (const std::string_view argument : arguments) {
    if (argument.empty()) continue;
    if (!argument.starts_with(kPid)) route.complaint = "unknown parameter (known: pid)";
    else if (route.pid != 0) route.complaint = "pid: given twice";
    else if (!parse_number(argument.substr(kPid.size()), route.pid) || route.pid == 0)
      route.complaint = "pid: not a process id";
    if (!route.complaint.empty()) return;
  }
}

// "PID/ID"
bool parse_key(std::string_view text, Route &route) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  return parse_number(text.substr(0, slash), route.pid) && parse_number(text.substr(slash + 1), route.id);
}

void route_api(std::string_view path, const Arguments &arguments, Route &route) {
  if (path == kConnectionsPath) {
    route.place = Place::kConnections;
    return parse_query(route, arguments);
  }
  if (path == "api/diagnosis") {
    route.place = Place::kDiagnosis;
    return parse_diagnosis(route, arguments);
  }
  if (path == "api/trace") {
    route.place = Place::kTrace;
    return parse_trace(route, arguments);
  }
  if (path == "api/report") route.place = Place::kReport;
  else if (path == "api/findings") route.place = Place::kFindings;
  else if (path == "api/live") route.place = Place::kLive;
  else if (path.substr(0, kConnectionsPath.size() + 1) == "api/connections/" &&
           parse_key(path.substr(kConnectionsPath.size() + 1), route))
    route.place = Place::kConnection;
  else return;
  refuse_arguments(route, arguments);
}

}  // namespace

Route route_of(std::string_view path, const Arguments &arguments) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  Route route;
  if (path == "metrics") {
    route.place = Place::kMetrics;
  } else if (path == "healthz") {
    route.place = Place::kHealth;
  } else if (path == "api" || path.substr(0, 4) == "api/") {
    route_api(path, arguments, route);
  } else {
    route.place = Place::kPage;
    route.file = path;
  }
  return route;
}

}  // namespace wsitrace
