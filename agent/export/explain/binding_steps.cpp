// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <map>

#include "agent/export/explain/narrators.h"
#include "agent/lws/callbacks.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr uint64_t kBindingsOneByOne = 3;  // bindings

// What lws was at when it bound the protocol.
std::string occasion_of(uint16_t kind_before) {
  switch (kind_before) {
    case k_FILTER_HTTP_CONNECTION: return "for the request";
    case k_HTTP_CONFIRM_UPGRADE: return "for the upgrade";
    case k_WSI_CREATE: return "from the start";
    case k_transaction_completed:
    case k_HTTP_FILE_COMPLETION: return "until the next request";
    case k_CLIENT_HTTP_REDIRECT: return "again, to follow the redirect";
    default: return "";
  }
}

std::string bind_text(const KeptEvent &event, uint16_t kind_before) {
  const std::string occasion = occasion_of(kind_before);
  return fmt::format("lws bound it to protocol {}{}{} ({})", quoted(event.protocol), occasion.empty() ? "" : " ",
                     occasion, callback_name(event.kind));
}

std::string drop_text(const KeptEvent &event) {
  const std::string cause = event.text.empty() ? "cause unknown" : "cause " + quoted(event.text);
  return fmt::format("lws unbound it from protocol {} ({}, {})", quoted(event.protocol), callback_name(event.kind),
                     cause);
}

void add_one_by_one(Steps &steps, const KeptEvents &events) {
  uint16_t kind_before = 0;
  events.for_each([&](const KeptEvent &event) {
    if (is_bind(event.kind)) steps.push_back({event.at_ns, bind_text(event, kind_before)});
    if (is_drop(event.kind)) steps.push_back({event.at_ns, drop_text(event)});
    if (event.kind != k_HTTP_DROP_PROTOCOL) kind_before = event.kind;
  });
}

std::string protocols_text(const std::vector<Binding> &bindings) {
  std::map<std::string_view, size_t> counts;
  for (const Binding &binding : bindings) ++counts[binding.protocol];
  std::string out;
  for (const auto &[protocol, count] : counts)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", quoted(protocol), times_text(count));
  return out;
}

}  // namespace

void add_bindings(Steps &steps, const Subject &subject, const LogFacts &log) {
  const Connection &connection = subject.connection;
  if (connection.bindings.empty()) return;
  if (connection.bindings_total <= kBindingsOneByOne) return add_one_by_one(steps, subject.events);
  const Binding &last = connection.bindings.back();
  const std::string until =
      last.dropped_ns ? "until " + time_text(*last.dropped_ns, log.started_ns) : "and not for the last time";
  const bool all = connection.bindings.size() == connection.bindings_total;
  steps.push_back(
      {connection.bindings.front().bound_ns,
       fmt::format("lws bound protocols to it and unbound them {} {}: {}{}", times_text(connection.bindings_total),
                   until, all ? "" : "of those looked at, ", protocols_text(connection.bindings))});
}

}  // namespace wsitrace
