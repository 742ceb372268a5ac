// SPDX-License-Identifier: MIT
#include "agent/compare/tally.h"

namespace wsitrace {
namespace {

uint64_t &counter(Summary &summary, Family family, std::string_view name = {}) {
  Summary::Counts &counts = summary.counts[static_cast<size_t>(family)];
  const auto found = counts.find(name);
  return found != counts.end() ? found->second : counts.emplace(name, 0).first->second;
}

std::string_view or_unknown(std::string_view name) { return name.empty() ? "unknown" : name; }

void add_time(Summary &summary, Measure measure, Ns from_ns, OptionalNs to_ns) {
  if (!to_ns) return;
  summary.latencies[static_cast<size_t>(measure)].add(*to_ns > from_ns ? *to_ns - from_ns : 0);
}

std::string_view status_class(const std::optional<int> &status) {
  constexpr std::string_view kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  const int hundreds = status.value_or(0) / 100;
  return hundreds >= 1 && hundreds <= 5 ? kClasses[hundreds - 1] : "none";
}

void count_connection(Summary &summary, const Connection &connection) {
  ++counter(summary, Family::kConnections);
  ++counter(summary, Family::kClass, name_of(connection.cls));
  ++counter(summary, Family::kOrigin, name_of(connection.origin));
  ++counter(summary, Family::kRole, or_unknown(name_of(connection.role)));
  ++counter(summary, Family::kVhost, or_unknown(connection.vhost));
}

void count_transaction(Summary &summary, const Transaction &transaction) {
  ++counter(summary, Family::kTransactions);
  ++counter(summary, Family::kOutcome, name_of(transaction.outcome));
  ++counter(summary, Family::kStatus, status_class(transaction.status));
  ++counter(summary, Family::kProtocol, or_unknown(transaction.protocol));
}

void count_open(Summary &summary, const Connection &connection) {
  ++counter(summary, Family::kOpen);
  count_connection(summary, connection);
  for (const Transaction &transaction : connection.transactions)
    if (transaction.outcome == Outcome::kOpen) count_transaction(summary, transaction);
}

void count_findings(Summary &summary, const Verdict &verdict) {
  for (const Finding &finding : verdict.findings) {
    counter(summary, Family::kFindings, name_of(finding.kind)) += finding.count;
    if (row_of(finding.kind).is_leak()) counter(summary, Family::kLeaks) += finding.count;
  }
}

// A verdict's last doubt is that of the end, where there is one.
void take_doubts(Summary &summary, const Timeline &timeline, const Verdict &verdict) {
  for (const std::string &text : verdict.doubts) summary.doubts.push_back({text, Reach::kEverything});
  if (summary.doubts.empty()) return;
  if (timeline.end() == nullptr) summary.doubts.back().reach = Reach::kCounts;
  else if (timeline.ending() != Ending::kExit) summary.doubts.back().reach = Reach::kLeftovers;
}

}  // namespace

void Tally::on_tls_established(const Connection &connection) {
  if (connection.tls) add_time(seen_, Measure::kTls, 0, connection.tls->handshake_ns);
}

void Tally::on_transaction_ended(const Connection &, const Transaction &transaction) {
  count_transaction(seen_, transaction);
  add_time(seen_, Measure::kResponse, transaction.requested_ns, transaction.responded_ns);
  if (transaction.outcome == Outcome::kCompleted || transaction.outcome == Outcome::kUpgraded)
    add_time(seen_, Measure::kTransaction, transaction.requested_ns, transaction.completed_ns);
}

void Tally::on_session_opened(const Connection &) { ++counter(seen_, Family::kSessions); }

void Tally::on_session_closed(const Connection &connection) {
  if (connection.session)
    add_time(seen_, Measure::kSession, connection.session->established_ns, connection.session->closed_ns);
}

void Tally::on_connection_closed(const Connection &connection) {
  count_connection(seen_, connection);
  const Close close = connection.close.value_or(Close{});
  ++counter(seen_, Family::kClose, name_of(close.reason));
  ++counter(seen_, Family::kBy, name_of(close.by));
  if (connection.cls == ConnectionClass::kClient && connection.origin != Origin::kStream && connection.opened_seen)
    add_time(seen_, Measure::kConnection, connection.opened_ns, connection.closed_ns);
}

Summary Tally::summary(const Timeline &timeline, const Verdict &verdict) const {
  Summary summary = seen_;
  summary.program = verdict.program;
  summary.attach = timeline.process().attach;
  timeline.for_each_open([&](const Connection &connection) { count_open(summary, connection); });
  if (timeline.loss().lost > 0) counter(summary, Family::kLost) = timeline.loss().lost;
  count_findings(summary, verdict);
  take_doubts(summary, timeline, verdict);
  return summary;
}

}  // namespace wsitrace
