// SPDX-License-Identifier: MIT
#include "agent/export/text/details.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/text/times.h"

namespace wsitrace {
namespace {

struct Line {
  uint64_t at_ns;
  std::string text;
};
using Lines = std::vector<Line>;

std::string named(std::string_view name) { return name.empty() ? "?" : printable(name); }

std::string tls_text(const Tls &tls) {
  std::string out = "TLS";
  for (const std::string_view fact : {tls.version, tls.cipher})
    if (!fact.empty()) out += " " + printable(fact);
  if (!tls.alpn.empty()) out += " alpn " + printable(tls.alpn);
  if (!tls.sni.empty()) out += " sni " + printable(tls.sni);
  if (tls.resumed) out += *tls.resumed ? " resumed" : " not resumed";
  if (tls.verify) out += fmt::format(" verify {}", *tls.verify);
  if (!tls.failure.empty()) out += " failed: " + printable(tls.failure);
  return out;
}

// Where it belongs, and where it began if that was elsewhere.
std::string place_text(const Connection &connection) {
  std::string out;
  if (!connection.vhost.empty()) out += ", vhost " + printable(connection.vhost);
  if (!connection.opened_vhost.empty() && connection.opened_vhost != connection.vhost)
    out += " (opened on " + printable(connection.opened_vhost) + ")";
  const bool moved = connection.thread && connection.opened_thread && *connection.thread != *connection.opened_thread;
  if (moved) out += fmt::format(", thread {} (opened on {})", *connection.thread, *connection.opened_thread);
  return out;
}

std::string heading(const Connection &connection) {
  std::string out = fmt::format("connection {}: {}, {} (by {})", connection.id, name_of(connection.cls),
                                name_of(connection.origin), name_of(connection.evidence));
  if (connection.role != Role::kUnknown) out += fmt::format(", {}", name_of(connection.role));
  if (connection.tls) out += ", " + tls_text(*connection.tls);
  if (connection.parent) out += fmt::format(", carried by {}", *connection.parent);
  out += place_text(connection);
  if (!connection.target.empty()) out += ", target " + printable(connection.target);
  if (!connection.local.empty()) out += ", local " + printable(connection.local);
  if (!connection.peer.empty()) out += ", peer " + printable(connection.peer);
  if (connection.fd) out += fmt::format(", fd {}", *connection.fd);
  return out + fmt::format(", {:#x} generation {}, {}\n", connection.pointer, connection.generation,
                           name_of(connection.state));
}

void add_beginning(Lines &lines, const Connection &connection) {
  if (connection.opened_seen) lines.push_back({connection.opened_ns, "opened"});
  if (connection.connected_ns) lines.push_back({*connection.connected_ns, "connected"});
  if (connection.tls && connection.tls->handshake_ns)
    lines.push_back(
        {connection.connected_ns.value_or(connection.opened_ns) + *connection.tls->handshake_ns,
         fmt::format("TLS handshake complete, {:.3f} ms", static_cast<double>(*connection.tls->handshake_ns) / 1e6)});
}

void add_bindings(Lines &lines, const Connection &connection) {
  for (const Binding &binding : connection.bindings) {
    lines.push_back({binding.bound_ns, "bound to " + named(binding.protocol)});
    if (!binding.dropped_ns) continue;
    lines.push_back(
        {*binding.dropped_ns, fmt::format("dropped by {}: {}", named(binding.protocol), named(binding.cause))});
  }
}

std::string pipelined_text(const Transaction &transaction) {
  const char *evidence = name_of(transaction.pipelined_evidence);
  if (!transaction.pipelined || evidence == nullptr) return "";
  if (!*transaction.pipelined && transaction.index == 1) return "";  // nothing came before it
  return fmt::format(", {}pipelined ({})", *transaction.pipelined ? "" : "not ", evidence);
}

void add_transactions(Lines &lines, const Connection &connection) {
  for (const Transaction &transaction : connection.transactions) {
    const std::string number = fmt::format("transaction {}", transaction.index);
    lines.push_back({transaction.requested_ns,
                     fmt::format("{}: {} {} {}{}", number, named(transaction.method), named(transaction.path),
                                 named(transaction.version), pipelined_text(transaction))});
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
  if (connection.tcp)
    lines.push_back({*connection.closed_ns,
                     fmt::format("TCP: {} received, {} acknowledged, {}, rtt {} us",
                                 count_text(connection.tcp->received_bytes, "byte"), connection.tcp->sent_bytes,
                                 count_text(connection.tcp->retransmits, "retransmit"), connection.tcp->rtt_us)});
  const Close &close = *connection.close;
  std::string text =
      fmt::format("closed: {} by {} ({})", name_of(close.reason), name_of(close.by), name_of(close.evidence));
  if (close.ws_code) text += fmt::format(", code {}", *close.ws_code);
  if (!close.detail.empty()) text += ", " + printable(close.detail);
  lines.push_back({*connection.closed_ns, text});
}

}  // namespace

std::string details_of(const Connection &connection, const Timeline &timeline) {
  Lines lines;
  add_beginning(lines, connection);
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
