// SPDX-License-Identifier: MIT
#include "agent/export/explain/oddity.h"

#include <algorithm>

#include "agent/lws/timeouts.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

constexpr Ns kUnansweredNs =
    1'000'000'000;  // a request that is open at the end of a log that goes on may be a young one

bool any_transaction(const Connection &connection, Outcome outcome) {
  return std::any_of(connection.transactions.begin(), connection.transactions.end(),
                     [outcome](const Transaction &transaction) { return transaction.outcome == outcome; });
}

bool never_connected(const Connection &connection) {
  return connection.origin == Origin::kOutbound && connection.state == State::kHandshake && !connection.connected_ns;
}

bool never_serviced(const Connection &connection, const LogFacts &log, Ns last_turn_ns) {
  if (never_connected(connection)) return true;
  return connection.origin == Origin::kAdopted && connection.role.empty() &&
         log.last_ns > connection.opened_ns + kLongWaitNs && last_turn_ns < connection.opened_ns;
}

bool never_completed(const Connection &connection, const LogFacts &log) {
  if (connection.transactions.empty() || connection.transactions.back().outcome != Outcome::kOpen) return false;
  return log.end || log.last_ns > connection.transactions.back().requested_ns + kUnansweredNs;
}

std::optional<Oddity> oddity_of_reason(const Connection &connection) {
  if (!connection.close) return std::nullopt;
  switch (connection.close->reason) {
    case CloseReason::kAdoptFailed: return Oddity::kAdoptFailed;
    case CloseReason::kTlsFailed: return Oddity::kTlsFailed;
    case CloseReason::kConnectFailed:
    case CloseReason::kLeaderFailed: return Oddity::kConnectFailed;
    case CloseReason::kHandshakeFailed: return Oddity::kHandshakeFailed;
    case CloseReason::kUpgradeRefused: return Oddity::kUpgradeRefused;
    case CloseReason::kPingTimeout: return Oddity::kPingTimeout;
    case CloseReason::kTimeout:
      return is_idle_timeout(connection) ? std::nullopt : std::optional<Oddity>(Oddity::kTimeout);
    case CloseReason::kRefused: return Oddity::kRejected;
    default: return std::nullopt;
  }
}

bool left_a_binding(const Connection &connection) {
  return std::any_of(connection.bindings.begin(), connection.bindings.end(),
                     [](const Binding &binding) { return binding.settled == Settled::kByBind; });
}

bool serviced_late(const Connection &connection) {
  return connection.origin == Origin::kOutbound && connection.opened_seen && connection.connected_ns &&
         *connection.connected_ns > connection.opened_ns + kLongWaitNs;
}

std::optional<Oddity> oddity_of_course(const Connection &connection) {
  if (left_a_binding(connection)) return Oddity::kBindingLeft;
  if (const auto oddity = oddity_of_reason(connection)) return oddity;
  if (any_transaction(connection, Outcome::kAborted)) return Oddity::kAborted;
  if (any_transaction(connection, Outcome::kRejected)) return Oddity::kRejected;
  if (serviced_late(connection)) return Oddity::kServicedLate;
  return std::nullopt;
}

}  // namespace

const char *text_of(Oddity oddity) {
  switch (oddity) {
#define WSITRACE_ODDITY(enumerator, text) \
  case Oddity::enumerator: return text;
    WSITRACE_ODDITIES(WSITRACE_ODDITY)
#undef WSITRACE_ODDITY
  }
  return "";
}

std::optional<Oddity> oddity_of(const Connection &connection, const LogFacts &log, Ns last_turn_ns) {
  if (is_open(connection) && log.contexts_gone) return Oddity::kNeverDestroyed;
  if (connection.cls != ConnectionClass::kClient) return std::nullopt;
  if (is_open(connection) && never_serviced(connection, log, last_turn_ns)) return Oddity::kNeverServiced;
  if (torn_down_unconnected(connection)) return Oddity::kNeverServiced;
  if (const auto oddity = oddity_of_course(connection)) return oddity;
  if (is_open(connection))
    return never_completed(connection, log) ? std::optional(Oddity::kNeverCompleted) : std::nullopt;
  const bool unknown = !connection.close || connection.close->reason == CloseReason::kUnknown;
  return unknown ? std::optional(Oddity::kUnknownEnd) : std::nullopt;
}

bool torn_down_unconnected(const Connection &connection) {
  if (connection.origin != Origin::kOutbound || connection.connected_ns || !connection.close) return false;
  const CloseReason reason = connection.close->reason;
  const bool torn_down = reason == CloseReason::kContextDestroyed || reason == CloseReason::kVhostDestroyed;
  return torn_down && !connection.session && connection.transactions.empty() && connection.role.empty();
}

bool is_idle_timeout(const Connection &connection) {
  if (!connection.close || connection.close->reason != CloseReason::kTimeout || connection.session) return false;
  const Close &close = *connection.close;
  if (close.evidence == CloseEvidence::kPendingTimeout)
    return pending_timeout_reason(close.pending_timeout) == kTimeout_HTTP_KEEPALIVE_IDLE;
  if (!close.detail.empty()) return false;
  return !connection.transactions.empty() && connection.transactions.back().outcome == Outcome::kCompleted;
}

}  // namespace wsitrace
