// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/groups.h"

#include <algorithm>

#include "agent/diagnosis/diagnosis.h"
#include "agent/lws/callbacks.h"
#include "agent/text/spans.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

std::string callback_text(const Connection &connection) {
  if (!connection.last_callback) return {};
  const char *name = kind_name(*connection.last_callback);
  std::string text = name != nullptr ? name : "callback " + std::to_string(*connection.last_callback);
  if (!connection.last_callback_protocol.empty())
    text.append(" of protocol ").append(connection.last_callback_protocol);
  return text;
}

std::string message_of(const Finding &finding) {
  const std::string_view headline = row_of(finding.kind).headline;
  if (headline.empty() || !finding.message.empty()) return finding.message;
  return filled(headline, finding.count, count_text(finding.count, "connection"), finding.protocol);
}

}  // namespace

Finding &Groups::of(Cause kind, std::string_view vhost, std::string_view protocol) {
  const auto [place, fresh] = all_.try_emplace({kind, std::string(vhost), std::string(protocol)});
  Finding &finding = place->second;
  if (!fresh) return finding;
  finding.kind = kind;
  finding.vhost = vhost;
  finding.protocol = protocol;
  finding.count = 0;
  return finding;
}

Finding &Groups::add(Cause kind, const Connection &connection, std::string_view protocol) {
  Finding &finding = of(kind, connection.vhost, protocol);
  ++finding.count;
  if (finding.connections.size() < kKeptConnections) finding.connections.push_back(connection.id);
  finding.first_ns = std::min(finding.first_ns.value_or(connection.opened_ns), connection.opened_ns);
  const Ns last_ns = connection.closed_ns.value_or(connection.last_sign_ns.value_or(connection.opened_ns));
  finding.last_ns = std::max(finding.last_ns.value_or(last_ns), last_ns);
  if (finding.last_callback.empty()) finding.last_callback = callback_text(connection);
  return finding;
}

bool Groups::has(Cause kind) const {
  const auto from = all_.lower_bound({kind, {}, {}});
  return from != all_.end() && std::get<0>(from->first) == kind;
}

std::vector<Finding> Groups::findings(Ns log_ended_ns) const {
  std::vector<Finding> findings;
  for (const auto &[key, finding] : all_) {
    findings.push_back(finding);
    Finding &added = findings.back();
    std::sort(added.connections.begin(), added.connections.end());
    added.message = message_of(added);
    if (added.first_ns && log_ended_ns >= *added.first_ns) added.age_ns = log_ended_ns - *added.first_ns;
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding &a, const Finding &b) {
    return a.kind != b.kind ? a.kind < b.kind : a.first_ns.value_or(0) < b.first_ns.value_or(0);
  });
  return findings;
}

}  // namespace wsitrace
