// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "agent/export/explain/narrators.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr size_t kExchangesOneByOne = 3;  // of completed transactions in a row
constexpr Ns kIdleWorthTellingNs = 10'000'000;
using Transactions = std::vector<Transaction>;

Ns end_of(const Transaction &transaction, Ns last_ns) { return transaction.completed_ns.value_or(last_ns); }

std::string request_line(const Transaction &transaction) {
  std::string out = transaction.method.empty() ? "request" : printable(transaction.method);
  out += " " + (transaction.path.empty() ? std::string("(path unknown)") : printable(transaction.path));
  if (!transaction.version.empty()) out += " (" + printable(transaction.version) + ")";
  return out;
}

std::string progress_text(const Transaction &transaction, bool outbound) {
  std::string out;
  const Ns since_ns = transaction.requested_ns;
  if (transaction.handled_ns) {
    out += ", handled by " + quoted(transaction.protocol);
    out += fmt::format(" (LWS_CALLBACK_HTTP) after {}", span_text(since_ns, *transaction.handled_ns));
  }
  if (transaction.responded_ns) {
    const std::string status = transaction.status ? fmt::format(" {}", *transaction.status) : "";
    out += fmt::format(", {}{} after {}", outbound ? "the peer answered" : "answered", status,
                       span_text(since_ns, *transaction.responded_ns));
  } else if (transaction.status) {
    out += fmt::format(", answered {}", *transaction.status);
  }
  return out;
}

std::string outcome_text(const Transaction &transaction, const Connection &connection, const LogFacts &log) {
  const std::string lasted = span_text(transaction.requested_ns, end_of(transaction, log.last_ns));
  switch (transaction.outcome) {
    case Outcome::kCompleted: return fmt::format("completed after {}", lasted);
    case Outcome::kUpgraded:
      return fmt::format("upgraded to websocket protocol {} after {}", quoted(transaction.protocol), lasted);
    case Outcome::kAborted:
      return fmt::format("aborted: the connection ended {} after the request, before the response did", lasted);
    case Outcome::kRejected: return fmt::format("refused after {}, before a handler was asked", lasted);
    case Outcome::kOpen: break;
  }
  if (is_open(connection)) return fmt::format("not completed by the end of the log, {} later", lasted);
  return "its end was not seen";
}

std::string told_alone(const Transaction &transaction, const Connection &connection, const LogFacts &log) {
  const bool outbound = connection.origin == Origin::kOutbound;
  std::string out =
      fmt::format("{}transaction {}, {}", outbound ? "it sent " : "", transaction.index, request_line(transaction));
  if (transaction.pipelined.value_or(false))
    out += ", which had come before the response to the one before was complete";
  return out + progress_text(transaction, outbound) + ", " + outcome_text(transaction, connection, log);
}

std::string statuses_text(Transactions::const_iterator first, Transactions::const_iterator last) {
  std::map<int, size_t> counts;
  for (auto it = first; it != last; ++it) ++counts[it->status.value_or(0)];
  if (counts.size() == 1 && counts.contains(0)) return "";
  std::string out;
  for (const auto &[status, count] : counts)
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", status == 0 ? "status unknown" : std::to_string(status),
                       count);
  return " (" + out + ")";
}

std::string told_together(Transactions::const_iterator first, Transactions::const_iterator last, const LogFacts &log) {
  Ns shortest_ns = UINT64_MAX, longest_ns = 0;
  size_t pipelined = 0;
  for (auto it = first; it != last; ++it) {
    const Ns end_ns = end_of(*it, log.last_ns);
    const Ns lasted_ns = end_ns > it->requested_ns ? end_ns - it->requested_ns : 0;
    shortest_ns = std::min(shortest_ns, lasted_ns);
    longest_ns = std::max(longest_ns, lasted_ns);
    pipelined += it->pipelined.value_or(false) ? 1 : 0;
  }
  std::string out = fmt::format("{} until {}, all completed{}, {} to {} each",
                                count_text(static_cast<uint64_t>(last - first), "request"),
                                time_text(end_of(*(last - 1), log.last_ns), log.started_ns), statuses_text(first, last),
                                span_text(shortest_ns), span_text(longest_ns));
  if (pipelined > 0) out += fmt::format("; {} of them pipelined", pipelined);
  return out;
}

}  // namespace

void add_exchanges(Steps &steps, const Connection &connection, const LogFacts &log) {
  const Transactions &all = connection.transactions;
  for (auto first = all.begin(); first != all.end();) {
    auto last = first;
    while (last != all.end() && last->outcome == Outcome::kCompleted) ++last;
    if (static_cast<size_t>(last - first) > kExchangesOneByOne) {
      steps.push_back({first->requested_ns, told_together(first, last, log)});
      first = last;
    } else {
      steps.push_back({first->requested_ns, told_alone(*first, connection, log)});
      ++first;
    }
  }
}

std::string idle_sentence(const Connection &connection, const LogFacts &log) {
  const Transactions &all = connection.transactions;
  const bool serves =
      is_inbound(connection) && connection.role == Role::kH1 && connection.opened_seen && !connection.session;
  if (!serves || all.empty() || all.size() != connection.transactions_total) return "";
  const Ns last_ns = last_sight_ns(connection, log);
  const Ns handshake_ns = connection.tls ? connection.tls->handshake_ns.value_or(0) : 0;
  Ns busy_ns = handshake_ns, longest_ns = 0, idle_since_ns = connection.opened_ns + handshake_ns;
  for (const Transaction &transaction : all) {
    if (transaction.requested_ns > idle_since_ns)
      longest_ns = std::max(longest_ns, transaction.requested_ns - idle_since_ns);
    const Ns end_ns = end_of(transaction, last_ns);
    if (end_ns > transaction.requested_ns) busy_ns += end_ns - transaction.requested_ns;
    idle_since_ns = std::max(idle_since_ns, end_ns);
  }
  if (last_ns > idle_since_ns) longest_ns = std::max(longest_ns, last_ns - idle_since_ns);
  const Ns life_ns = last_ns > connection.opened_ns ? last_ns - connection.opened_ns : 0;
  if (busy_ns >= life_ns || longest_ns < kIdleWorthTellingNs) return "";
  return fmt::format("It was idle {} of its life, at most {} at a stretch.", share_text(life_ns - busy_ns, life_ns),
                     span_text(longest_ns));
}

}  // namespace wsitrace
