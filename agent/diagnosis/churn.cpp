// SPDX-License-Identifier: MIT
#include "agent/diagnosis/churn.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

constexpr Ns kOverlapNs = 20'000'000;  // lws may accept the next before it has seen that the one before has left
constexpr double kPerSecond = 1e9;

std::string address_of(const Connection &connection) {
  const size_t colon = connection.peer.rfind(':');
  return connection.peer.starts_with("unix:") || colon == std::string::npos ? "" : connection.peer.substr(0, colon);
}

// It did not last, and nobody was served.
bool is_fleeting(const Connection &connection) {
  if (connection.close->reason == CloseReason::kContextDestroyed ||
      connection.close->reason == CloseReason::kVhostDestroyed)
    return false;
  if (connection.session) return *connection.closed_ns < connection.session->established_ns + kStormSessionNs;
  return connection.transactions.empty() && !is_raw(connection) && connection.streams == 0 &&
         connection.close->reason == CloseReason::kPeerClosed;
}

}  // namespace

double Churn::Row::per_second() const {
  return static_cast<double>(count) * kPerSecond / static_cast<double>(std::max<Ns>(last_ns - first_ns, 1));
}

bool Churn::Row::is_churn() const { return count >= kStormAttempts && per_second() >= kStormPerSecond; }

void Churn::closed(const Connection &connection) {
  if (connection.origin != Origin::kAccepted || connection.cls != ConnectionClass::kClient || !connection.closed_ns ||
      !connection.close)
    return;
  ++accepted_;
  const std::string address = address_of(connection);
  if (address.empty() || (addresses_.size() >= kAddresses && !addresses_.contains(address))) return;
  Row &row = addresses_[address].now;
  const bool in_turn = row.count == 0 || connection.opened_ns + kOverlapNs >= row.last_ns;
  const bool is_one = is_fleeting(connection);
  if (!is_one || !in_turn) row = {};
  if (!is_one) return;
  if (row.count == 0) {
    row.first_ns = connection.opened_ns;
    row.vhost = connection.vhost;
    row.protocol = protocol_of(connection);
  }
  ++row.count;
  row.sessions += connection.session ? 1 : 0;
  row.by_peer += connection.close->by == CloseBy::kPeer ? 1 : 0;
  row.last_ns = *connection.closed_ns;
  row.longest_ns = std::max(row.longest_ns, *connection.closed_ns - connection.opened_ns);
  if (row.ids.size() < kKeptIds) row.ids.push_back(connection.id);
  Row &longest = addresses_[address].longest;
  if (row.count > longest.count) longest = row;
}

Diagnosis Churn::diagnosis_for(const std::string &address, const Row &row, uint64_t accepted) {
  Diagnosis out = diagnosis_of(Cause::kReconnectStorm, row.count, {});
  out.headline = fmt::format("a client at {} connected again and again: {} of the {} accepted connections that ended",
                             printable(address), row.count, accepted);
  out.severity = Weight::kNote;
  out.connections = row.ids;
  out.vhost = row.vhost;
  out.protocol = row.protocol;
  out.first_ns = row.first_ns;
  out.last_ns = row.last_ns;
  std::string what = fmt::format("{} became websocket sessions", row.sessions);
  if (row.sessions == 0) what = "None of them asked for anything";
  else if (row.sessions == row.count) what = "All became websocket sessions";
  out.why.push_back(
      fmt::format("They came one after the other in {}, {:.0f} per second. {}; the longest was open for {}.",
                  span_text(row.first_ns, row.last_ns), row.per_second(), what, span_text(0, row.longest_ns)));
  out.why.push_back(row.by_peer == row.count
                        ? "The client closed each of them."
                        : fmt::format("The client closed {} of them, this side the others.", row.by_peer));
  out.advice = row.by_peer == row.count
                   ? "see that client's log: why it leaves, and why it does not wait longer before each new attempt; "
                     "health checks and scanners come like this, too"
                   : "see why they end so soon: a client that is cut off connects again";
  return out;
}

std::vector<Diagnosis> Churn::diagnoses() const {
  std::vector<Diagnosis> all;
  for (const auto &[address, rows] : addresses_)
    if (rows.longest.is_churn()) all.push_back(diagnosis_for(address, rows.longest, accepted_));
  return all;
}

}  // namespace wsitrace
