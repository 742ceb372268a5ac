// SPDX-License-Identifier: MIT
#include "agent/export/text/details.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "agent/export/text/printable.h"
#include "agent/export/text/times.h"

namespace wsitrace {
namespace {

struct Line {
  uint64_t at_ns;
  std::string text;
};
using Lines = std::vector<Line>;

std::string named(std::string_view name) { return name.empty() ? "?" : printable(name); }

std::string heading(const Connection &connection) {
  std::string out = fmt::format("connection {}: {}, {} (by {})", connection.id, name_of(connection.cls),
                                name_of(connection.origin), name_of(connection.evidence));
  if (!connection.role.empty()) out += fmt::format(", {}", connection.role);
  if (connection.tls) out += ", TLS";
  if (connection.parent) out += fmt::format(", carried by {}", *connection.parent);
  if (!connection.vhost.empty()) out += ", vhost " + printable(connection.vhost);
  if (!connection.local.empty()) out += ", local " + printable(connection.local);
  if (!connection.peer.empty()) out += ", peer " + printable(connection.peer);
  if (connection.fd) out += fmt::format(", fd {}", *connection.fd);
  return out + fmt::format(", {:#x} generation {}, {}\n", connection.pointer, connection.generation,
                           name_of(connection.state));
}

void add_bindings(Lines &lines, const Connection &connection) {
  for (const Binding &binding : connection.bindings) {
    lines.push_back({binding.bound_ns, "bound to " + named(binding.protocol)});
    if (!binding.dropped_ns) continue;
    lines.push_back(
        {*binding.dropped_ns, fmt::format("dropped by {}: {}", named(binding.protocol), named(binding.cause))});
  }
}

void add_transactions(Lines &lines, const Connection &connection) {
  for (const Transaction &transaction : connection.transactions) {
    const std::string number = fmt::format("transaction {}", transaction.index);
    lines.push_back({transaction.requested_ns, fmt::format("{}: {} {} {}", number, named(transaction.method),
                                                           named(transaction.path), named(transaction.version))});
    if (transaction.handled_ns)
      lines.push_back({*transaction.handled_ns, number + " handled by " + named(transaction.protocol)});
    if (transaction.responded_ns)
      lines.push_back(
          {*transaction.responded_ns, fmt::format("{} answered: {}", number, transaction.status.value_or(0))});
    if (transaction.completed_ns)
      lines.push_back({*transaction.completed_ns, fmt::format("{} {}", number, name_of(transaction.outcome))});
  }
}

void add_session(Lines &lines, const Connection &connection) {
  if (!connection.session) return;
  const Session &session = *connection.session;
  lines.push_back({session.established_ns, "session established with " + named(session.protocol)});
  if (!session.closed_ns) return;
  std::string text = "session closed";
  if (session.peer_code) text += fmt::format(", peer said {}", *session.peer_code);
  if (session.local_code) text += fmt::format(", we said {}", *session.local_code);
  lines.push_back({*session.closed_ns, text});
}

void add_close(Lines &lines, const Connection &connection) {
  if (!connection.closed_ns || !connection.close) return;
  const Close &close = *connection.close;
  std::string text = fmt::format("closed: {} by {}", name_of(close.reason), name_of(close.by));
  if (close.ws_code) text += fmt::format(", code {}", *close.ws_code);
  if (!close.detail.empty()) text += ", " + printable(close.detail);
  lines.push_back({*connection.closed_ns, text});
}

}  // namespace

std::string details_of(const Connection &connection, const Timeline &timeline) {
  Lines lines;
  if (connection.opened_seen) lines.push_back({connection.opened_ns, "opened"});
  add_bindings(lines, connection);
  add_transactions(lines, connection);
  add_session(lines, connection);
  add_close(lines, connection);
  std::stable_sort(lines.begin(), lines.end(), [](const Line &a, const Line &b) { return a.at_ns < b.at_ns; });
  std::string out = heading(connection);
  for (const Line &line : lines)
    out += fmt::format("  {:>14}  {}\n", seconds(line.at_ns, timeline.process().started_mono_ns, 6), line.text);
  return out;
}

}  // namespace wsitrace
