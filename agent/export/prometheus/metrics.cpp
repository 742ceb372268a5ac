// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/metrics.h"

#include <algorithm>

#include "agent/export/prometheus/counts.h"
#include "agent/lws/callbacks.h"
#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

constexpr size_t kMaxHosts = CappedNames::kMaxNames;

template <typename Enum>
size_t at(Enum value) {
  return static_cast<size_t>(value);
}

double seconds(Ns duration_ns) { return static_cast<double>(duration_ns) / 1e9; }
double seconds(Ns from_ns, Ns to_ns) { return to_ns > from_ns ? seconds(to_ns - from_ns) : 0; }

size_t kind_index(uint16_t kind) {
  if (kind_name(kind) == nullptr) return kOtherKind;
  if (kind < kCallbackKinds) return kind;
  if (kind >= kFirstOwnKind && kind < kFirstOwnKind + kOwnKinds) return kCallbackKinds + kind - kFirstOwnKind;
  return kOtherKind;
}

size_t version_index(std::string_view version) {
  for (size_t i = 0; i + 1 < kHttpVersions.size(); ++i) {
    if (version == kHttpVersions[i]) return i;
  }
  return kHttpVersions.size() - 1;
}

int status_class(const std::optional<int> &status) {
  if (!status) return 0;
  const int hundreds = *status / 100;
  return hundreds >= 1 && hundreds <= 5 ? hundreds : static_cast<int>(kStatusClasses.size()) - 1;
}

std::string known_cause(const std::string &cause) {
  for (uint32_t known = 0; known < kLossCauses; ++known) {
    if (cause == loss_cause_name(known)) return cause;
  }
  return "unknown";
}

// Seconds between the end of the previous transaction of the same connection and this one.
std::optional<double> idle_before(const Connection &connection, const Transaction &transaction) {
  if (connection.origin == Origin::kOutbound) return std::nullopt;
  const auto &all = connection.transactions;
  const auto previous = std::find_if(all.rbegin(), all.rend(),
                                     [&](const Transaction &other) { return other.index + 1 == transaction.index; });
  if (previous == all.rend() || !previous->completed_ns) return std::nullopt;
  if (*previous->completed_ns > transaction.requested_ns) return std::nullopt;
  return seconds(*previous->completed_ns, transaction.requested_ns);
}

size_t shown_class(const Connection &connection, Metrics::Own own) {
  return own == Metrics::Own::kYes ? kOwnClass : at(connection.cls);
}

OpenKey key_of(const Connection &connection) { return {connection.opened_ns, connection.id}; }

}  // namespace

Metrics::Metrics() : counts_(std::make_unique<MetricCounts>()) {}
Metrics::~Metrics() = default;

BatchMutex &Metrics::mutex() { return counts_->mutex; }

void Metrics::add_process(const ProcessFacts &process) {
  const std::lock_guard lock(counts_->mutex);
  counts_->real_minus_mono_ns = static_cast<int64_t>(process.started_real_ns - process.started_mono_ns);
  if (counts_->hosts.size() < kMaxHosts) counts_->hosts.emplace(to_utf8(process.lws_version), to_utf8(process.attach));
}

void Metrics::add_loss(const Loss &before, const Loss &now) {
  const std::lock_guard lock(counts_->mutex);
  for (const auto &[cause, lost] : now.by_cause) {
    const auto earlier = before.by_cause.find(cause);
    const uint64_t known = earlier == before.by_cause.end() ? 0 : earlier->second;
    if (lost > known) counts_->lost[known_cause(cause)] += lost - known;
  }
}

void Metrics::add_findings(const FindingCounts &before, const FindingCounts &now) {
  const std::lock_guard lock(counts_->mutex);
  for (size_t kind = 0; kind < kFaults; ++kind) counts_->findings[kind] += now[kind] - before[kind];
}

void Metrics::set_diagnosed(const std::optional<Diagnosed> &diagnosed) {
  const std::lock_guard lock(counts_->mutex);
  counts_->diagnosed = diagnosed;
}

void Metrics::set_lasting(uint32_t pid, const std::vector<Lasting> &lasting) {
  const std::lock_guard lock(counts_->mutex);
  counts_->lasting.erase(pid);
  for (const Lasting &one : lasting)
    counts_->lasting.emplace(pid, std::tuple(one.callback, counts_->protocols.index_of(one.protocol), one.since_ns));
}

std::pair<size_t, uint16_t> MetricCounts::callback_of(std::string_view protocol, int reason) {
  const auto kind = static_cast<unsigned>(reason);
  const bool is_known = kind < kCallbackKinds && kind_name(kind) != nullptr;
  const std::pair key(protocols.index_of(protocol), is_known ? static_cast<uint16_t>(kind) : kOtherCallback);
  if (callbacks.contains(key)) return key;
  if (callbacks.size() >= kMostCallbacks) return {CappedNames::kOverflow, kOtherCallback};
  callbacks.insert(key);
  return key;
}

void Metrics::on_callback_lasted(std::string_view protocol, int reason, double lasted_s) {
  const std::lock_guard lock(counts_->mutex);
  counts_->slow_seconds[counts_->callback_of(protocol, reason)].observe(kSlowCallbackSeconds, {.value = lasted_s});
}

void Metrics::add_sampled(std::string_view protocol, int reason, uint64_t for_ns) {
  const std::lock_guard lock(counts_->mutex);
  uint64_t &outside_ns =
      counts_->sampled_outside_ns ? *counts_->sampled_outside_ns : counts_->sampled_outside_ns.emplace(0);
  if (reason < 0) outside_ns += for_ns;
  else counts_->sampled_ns[counts_->callback_of(protocol, reason)] += for_ns;
}

void Metrics::set_not_diagnosed(uint64_t traces) {
  const std::lock_guard lock(counts_->mutex);
  counts_->not_diagnosed = traces;
}

void Metrics::on_rendered(double seconds, uint64_t bytes) const {
  const std::lock_guard lock(counts_->mutex);
  counts_->last_scrape = {seconds, bytes};
}

void Metrics::on_event_counted(uint16_t kind) {
  const std::lock_guard lock(counts_->mutex);
  ++counts_->events[kind_index(kind)];
}

void Metrics::on_connection_opened(const Connection &connection) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const size_t cls = at(connection.cls);
  ++counts_->opened[vhost][cls][at(connection.origin)];
  counts_->enter(vhost, cls, key_of(connection), connection.state);
}

void Metrics::on_connection_changed(const Connection &before, const Connection &now, Own own) {
  const std::lock_guard lock(counts_->mutex);
  const size_t from = counts_->vhosts.index_of(before.vhost);
  if (before.vhost == now.vhost && before.cls == now.cls)
    return counts_->change(from, shown_class(now, own), key_of(now), now.state);
  const size_t to = counts_->vhosts.index_of(now.vhost);
  const auto state = counts_->leave(from, shown_class(before, own), key_of(now));
  if (!state) return;
  counts_->enter(to, shown_class(now, own), key_of(now), now.state == State::kClosed ? *state : now.state);
  if (from == to) return;
  counts_->hold(from, now, -1);
  counts_->hold(to, now, +1);
}

void Metrics::on_own_changed(const Connection &connection, Own own) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const Own before = own == Own::kYes ? Own::kNo : Own::kYes;
  if (const auto state = counts_->leave(vhost, shown_class(connection, before), key_of(connection)))
    counts_->enter(vhost, shown_class(connection, own), key_of(connection), *state);
}

void Metrics::on_tls_established(const Connection &connection, uint32_t pid) {
  if (!connection.tls || !connection.tls->handshake_ns) return;
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const Ns took_ns = *connection.tls->handshake_ns;
  const Ns ended_ns = connection.connected_ns.value_or(connection.opened_ns) + took_ns;
  counts_->tls_handshake_seconds[vhost].observe(kTlsHandshakeSeconds,
                                                counts_->exemplar(pid, connection, seconds(took_ns), ended_ns));
}

void Metrics::on_bound(const Connection &connection, const Binding &binding) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const size_t protocol = counts_->protocols.index_of(binding.protocol);
  ++counts_->binds[vhost][protocol];
  counts_->bindings_open[vhost][protocol].add(+1);
}

void Metrics::on_dropped(const Connection &connection, const Binding &binding) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const size_t protocol = counts_->protocols.index_of(binding.protocol);
  ++counts_->drops[vhost][protocol];
  counts_->bindings_open[vhost][protocol].add(-1);
}

void Metrics::on_transaction_ended(const Connection &connection, const Transaction &transaction, uint32_t pid,
                                   Own own) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const size_t protocol = counts_->protocols.index_of(transaction.protocol);
  ++counts_->transactions[{vhost, protocol, version_index(transaction.version), transaction.outcome,
                           status_class(transaction.status)}];
  if (transaction.pipelined) counts_->pipelined[vhost].add(*transaction.pipelined ? 1 : 0);
  if (transaction.completed_ns) {
    const double took_seconds = seconds(transaction.requested_ns, *transaction.completed_ns);
    counts_->transaction_seconds[vhost][protocol].observe(
        kTransactionSeconds, counts_->exemplar(pid, connection, took_seconds, *transaction.completed_ns));
  }
  if (const auto idle = idle_before(connection, transaction); idle && own == Own::kNo) {
    counts_->keepalive_idle_seconds[vhost].observe(
        kKeepaliveIdleSeconds,
        counts_->exemplar(pid, connection, *idle, transaction.completed_ns.value_or(transaction.requested_ns)));
  }
}

void Metrics::on_session_opened(const Connection &connection) {
  if (!connection.session) return;
  const std::lock_guard lock(counts_->mutex);
  const size_t protocol = counts_->protocols.index_of(connection.session->protocol);
  counts_->sessions_open[counts_->vhosts.index_of(connection.vhost)][protocol].add(+1);
}

void Metrics::on_session_closed(const Connection &connection, uint32_t pid) {
  if (!connection.session) return;
  const Session &session = *connection.session;
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const size_t protocol = counts_->protocols.index_of(session.protocol);
  counts_->sessions_open[vhost][protocol].add(-1);
  if (!session.closed_ns) return;
  const double lived_seconds = seconds(session.established_ns, *session.closed_ns);
  counts_->session_seconds[vhost][protocol].observe(
      kSessionSeconds, counts_->exemplar(pid, connection, lived_seconds, *session.closed_ns));
}

void Metrics::on_connection_closed(const Connection &connection, uint32_t pid, Own own) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  const size_t cls = at(connection.cls);
  counts_->leave(vhost, shown_class(connection, own), key_of(connection));
  const CloseReason reason = connection.close ? connection.close->reason : CloseReason::kUnknown;
  ++counts_->closed[vhost][cls][at(reason)];
  if (connection.closed_ns) {
    const double lived_seconds = seconds(connection.opened_ns, *connection.closed_ns);
    counts_->connection_seconds[shown_class(connection, own)].observe(
        kConnectionSeconds, counts_->exemplar(pid, connection, lived_seconds, *connection.closed_ns));
  }
  if (own == Own::kYes || connection.cls != ConnectionClass::kClient || connection.origin == Origin::kStream) return;
  const auto transactions = static_cast<double>(connection.transactions_total);
  counts_->transactions_per_connection[vhost].observe(
      kTransactionsPerConnection,
      counts_->exemplar(connection.closed_ns ? pid : 0, connection, transactions, connection.closed_ns.value_or(0)));
}

void Metrics::forget_open(const Connection &connection, Own own) {
  const std::lock_guard lock(counts_->mutex);
  const size_t vhost = counts_->vhosts.index_of(connection.vhost);
  counts_->leave(vhost, shown_class(connection, own), key_of(connection));
  counts_->hold(vhost, connection, -1);
}

void MetricCounts::enter(size_t vhost, size_t cls, const OpenKey &key, wsitrace::State state) {
  auto &group = open_by_start[vhost][cls];
  group.emplace_hint(group.end(), key, state);
  open[vhost][cls][at(state)].add(+1);
}

std::optional<State> MetricCounts::leave(size_t vhost, size_t cls, const OpenKey &key) {
  auto &group = open_by_start[vhost][cls];
  const auto entry = group.find(key);
  if (entry == group.end()) return std::nullopt;
  const wsitrace::State state = entry->second;
  group.erase(entry);
  open[vhost][cls][at(state)].add(-1);
  return state;
}

void MetricCounts::change(size_t vhost, size_t cls, const OpenKey &key, wsitrace::State state) {
  auto &group = open_by_start[vhost][cls];
  const auto entry = group.find(key);
  if (entry == group.end() || state == wsitrace::State::kClosed) return;
  open[vhost][cls][at(entry->second)].add(-1);
  open[vhost][cls][at(state)].add(+1);
  entry->second = state;
}

Exemplar MetricCounts::exemplar(uint32_t pid, const Connection &connection, double value, Ns at_ns) const {
  return {pid, connection.id, value, static_cast<int64_t>(at_ns) + real_minus_mono_ns};
}

void MetricCounts::hold(size_t vhost, const Connection &connection, int64_t change) {
  for (const Binding &binding : connection.bindings) {
    if (!binding.dropped_ns) bindings_open[vhost][protocols.index_of(binding.protocol)].add(change);
  }
  if (connection.session && !connection.session->closed_ns) {
    sessions_open[vhost][protocols.index_of(connection.session->protocol)].add(change);
  }
}

}  // namespace wsitrace
