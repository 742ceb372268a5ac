// SPDX-License-Identifier: MIT
#include "agent/export/perfetto/slices.h"

#include <algorithm>
#include <charconv>

#include "agent/export/perfetto/nesting.h"

namespace wsitrace {
namespace {

void add_text(Slice &slice, std::string_view name, std::string_view value) {
  if (!value.empty()) slice.args.push_back({name, std::string(value)});
}
void add_truth(Slice &slice, std::string_view name, std::optional<bool> value) {
  if (value) slice.args.push_back({name, *value});
}
template <typename T>
void add_number(Slice &slice, std::string_view name, const std::optional<T> &value) {
  if (value) slice.args.push_back({name, static_cast<int64_t>(*value)});
}
void add_count(Slice &slice, std::string_view name, uint64_t value) {
  slice.args.push_back({name, static_cast<int64_t>(value)});
}

void append_word(std::string &out, std::string_view word) {
  if (!word.empty()) out.append(" ").append(word);
}

std::string number_sign(uint64_t id) { return "#" + std::to_string(id); }

std::string pointer_text(uint64_t pointer) {
  char digits[24] = "0x";
  return {digits, std::to_chars(digits + 2, digits + sizeof digits, pointer, 16).ptr};
}

std::string_view other_end(const Connection &connection) {
  if (!connection.peer.empty()) return connection.peer;
  return connection.origin == Origin::kOutbound ? connection.target : connection.local;
}

std::string track_name(const Connection &connection) {
  std::string out = number_sign(connection.id);
  append_word(out, name_of(connection.cls));
  append_word(out, name_of(connection.origin));
  append_word(out, name_of(connection.role));
  if (connection.parent) out += " of " + number_sign(*connection.parent);
  append_word(out, other_end(connection));
  append_word(out, connection.vhost);
  return out;
}

// The last time that is known of a connection whose WSI_DESTROY was lost.
Ns last_known_ns(const Connection &connection) {
  Ns last_ns = std::max(connection.opened_ns, connection.connected_ns.value_or(0));
  for (const Binding &binding : connection.bindings)
    last_ns = std::max(last_ns, binding.dropped_ns.value_or(binding.bound_ns));
  for (const Transaction &transaction : connection.transactions)
    last_ns = std::max(last_ns, transaction.completed_ns.value_or(transaction.requested_ns));
  if (connection.session)
    last_ns = std::max(last_ns, connection.session->closed_ns.value_or(connection.session->established_ns));
  return last_ns;
}

OptionalNs end_of(const Connection &connection) {
  if (connection.state != State::kClosed) return std::nullopt;
  return connection.closed_ns ? connection.closed_ns : OptionalNs(last_known_ns(connection));
}

void add_tls_args(Slice &slice, const Tls &tls) {
  add_text(slice, "tls.version", tls.version);
  add_text(slice, "tls.cipher", tls.cipher);
  add_text(slice, "tls.alpn", tls.alpn);
  add_text(slice, "tls.sni", tls.sni);
  add_truth(slice, "tls.resumed", tls.resumed);
  add_number(slice, "tls.verify", tls.verify);
  add_text(slice, "tls.failure", tls.failure);
}

void add_life(Nesting &nesting, const Connection &connection) {
  Slice &slice = nesting.add(0, "connection", "connection", connection.opened_ns, end_of(connection));
  add_count(slice, "id", connection.id);
  add_text(slice, "pointer", pointer_text(connection.pointer));
  add_count(slice, "generation", connection.generation);
  add_text(slice, "class", name_of(connection.cls));
  add_text(slice, "origin", name_of(connection.origin));
  add_text(slice, "evidence", name_of(connection.evidence));
  add_text(slice, "role", name_of(connection.role));
  add_number(slice, "parent", connection.parent);
  add_number(slice, "thread", connection.thread);
  add_text(slice, "vhost", connection.vhost);
  add_number(slice, "fd", connection.fd);
  add_text(slice, "local", connection.local);
  add_text(slice, "peer", connection.peer);
  add_text(slice, "target", connection.target);
  add_text(slice, "state", name_of(connection.state));
  if (!connection.opened_seen) add_truth(slice, "opened_seen", false);
  if (connection.state == State::kClosed && !connection.closed_ns) add_truth(slice, "destroy_seen", false);
  if (connection.tls) add_tls_args(slice, *connection.tls);
  if (!connection.tcp) return;
  add_count(slice, "tcp.received_bytes", connection.tcp->received_bytes);
  add_count(slice, "tcp.sent_bytes", connection.tcp->sent_bytes);
  add_count(slice, "tcp.rtt_us", connection.tcp->rtt_us);
  add_count(slice, "tcp.retransmits", connection.tcp->retransmits);
}

bool never_connected(const Connection &connection) {
  if (connection.connected_ns || connection.session || !connection.transactions.empty()) return false;
  if (connection.close) return connection.close->reason == CloseReason::kConnectFailed;
  return connection.state == State::kHandshake;
}

void add_connect(Nesting &nesting, const Connection &connection) {
  if (connection.origin != Origin::kOutbound) return;
  if (!connection.connected_ns && !never_connected(connection)) return;
  const OptionalNs end_ns = connection.connected_ns ? connection.connected_ns : end_of(connection);
  Slice &slice = nesting.add(1, "connect", "connecting", connection.opened_ns, end_ns);
  add_text(slice, "target", connection.target);
}

void add_handshake(Nesting &nesting, const Connection &connection) {
  if (!connection.tls || !connection.opened_seen) return;
  const Tls &tls = *connection.tls;
  if (!tls.handshake_ns && tls.failure.empty()) return;
  const Ns begin_ns = connection.connected_ns.value_or(connection.opened_ns);
  const OptionalNs end_ns = tls.handshake_ns ? OptionalNs(begin_ns + *tls.handshake_ns) : end_of(connection);
  const char *name = tls.failure.empty() ? "TLS handshake" : "TLS handshake failed";
  add_tls_args(nesting.add(1, "tls", name, begin_ns, end_ns), tls);
}

std::string transaction_name(const Transaction &transaction) {
  std::string out(transaction.method);
  append_word(out, transaction.path);
  if (out.empty()) out = "transaction " + std::to_string(transaction.index);
  if (transaction.outcome != Outcome::kCompleted && transaction.outcome != Outcome::kOpen)
    append_word(out, name_of(transaction.outcome));
  return out;
}

// From one known time of a transaction to the next.
void add_phases(Nesting &nesting, const Transaction &transaction) {
  const std::pair<const char *, OptionalNs> later[] = {{"handled", transaction.handled_ns},
                                                       {"responded", transaction.responded_ns},
                                                       {"completed", transaction.completed_ns}};
  if (!transaction.handled_ns && !transaction.responded_ns) return;
  std::string from = "requested";
  Ns from_ns = transaction.requested_ns;
  for (const auto &[name, at_ns] : later) {
    if (!at_ns) continue;
    nesting.add(2, "phase", from + " to " + name, from_ns, at_ns);
    from = name;
    from_ns = *at_ns;
  }
  if (!transaction.completed_ns) nesting.add(2, "phase", "since " + from, from_ns, std::nullopt);
}

void add_transaction(Nesting &nesting, const Transaction &transaction) {
  Slice &slice =
      nesting.add(1, "transaction", transaction_name(transaction), transaction.requested_ns, transaction.completed_ns);
  add_count(slice, "index", transaction.index);
  add_text(slice, "version", transaction.version);
  add_text(slice, "method", transaction.method);
  add_text(slice, "path", transaction.path);
  add_number(slice, "status", transaction.status);
  add_text(slice, "protocol", transaction.protocol);
  add_truth(slice, "pipelined", transaction.pipelined);
  const char *evidence = name_of(transaction.pipelined_evidence);
  if (evidence != nullptr) add_text(slice, "pipelined_evidence", evidence);
  add_text(slice, "outcome", name_of(transaction.outcome));
  add_phases(nesting, transaction);
}

// Idle, or transactions of which only the number is known.
void add_between(Nesting &nesting, const Transaction &before, const Transaction &next) {
  const uint32_t left_out = next.index - before.index - 1;
  const Ns begin_ns = before.completed_ns.value_or(before.requested_ns);
  if (left_out > 0)
    nesting.add(1, "transaction",
                std::to_string(left_out) + (left_out == 1 ? " transaction not kept" : " transactions not kept"),
                begin_ns, next.requested_ns);
  else if (next.requested_ns > begin_ns) nesting.add(1, "idle", "idle", begin_ns, next.requested_ns);
}

// Kept alive after the last transaction, for requests that did not come.
void add_idle_end(Nesting &nesting, const Connection &connection) {
  const Transaction &last = connection.transactions.back();
  if (last.outcome != Outcome::kCompleted || !last.completed_ns || connection.origin == Origin::kStream) return;
  if (connection.session) return;
  if (connection.close && connection.close->reason == CloseReason::kResponseDone) return;
  const OptionalNs end_ns = end_of(connection);
  if (!end_ns || *end_ns > *last.completed_ns) nesting.add(1, "idle", "idle", *last.completed_ns, end_ns);
}

void add_transactions(Nesting &nesting, const Connection &connection) {
  const Transaction *before = nullptr;
  for (const Transaction &transaction : connection.transactions) {
    if (before != nullptr) add_between(nesting, *before, transaction);
    add_transaction(nesting, transaction);
    before = &transaction;
  }
  if (before != nullptr) add_idle_end(nesting, connection);
}

void add_session(Nesting &nesting, const Session &session) {
  std::string name = "websocket";
  append_word(name, session.protocol);
  Slice &slice = nesting.add(1, "session", std::move(name), session.established_ns, session.closed_ns);
  add_text(slice, "protocol", session.protocol);
  add_number(slice, "peer_code", session.peer_code);
  add_number(slice, "local_code", session.local_code);
}

void add_close(Nesting &nesting, const Connection &connection) {
  const Close &close = *connection.close;
  const std::string name = std::string("closed: ") + name_of(close.reason) + " by " + name_of(close.by);
  Slice &slice = nesting.add_instant(1, "close", name, *end_of(connection));
  add_text(slice, "reason", name_of(close.reason));
  add_text(slice, "by", name_of(close.by));
  add_text(slice, "evidence", name_of(close.evidence));
  add_text(slice, "detail", close.detail);
  add_number(slice, "ws_code", close.ws_code);
}

Ns ended_ns(const Binding &binding) { return binding.dropped_ns.value_or(binding.bound_ns); }

void add_binding(Nesting &nesting, const Binding &binding) {
  std::string name(binding.protocol.empty() ? "binding" : binding.protocol);
  Slice &slice = nesting.add(0, "binding", std::move(name), binding.bound_ns, binding.dropped_ns);
  add_text(slice, "protocol", binding.protocol);
  add_text(slice, "cause", binding.cause);
}

void add_bindings(SliceList &list, const Connection &connection) {
  if (connection.bindings.empty()) return;
  const TrackId track = bindings_track(connection.id);
  list.tracks.push_back({track, connection_track(connection.id), number_sign(connection.id) + " bindings"});
  Nesting nesting(list, track);
  const uint64_t left_out = connection.bindings_total - connection.bindings.size();
  for (size_t i = 0; i < connection.bindings.size(); ++i) {
    if (i == kKeptFirst && left_out > 0)
      nesting.add(0, "binding", std::to_string(left_out) + " bindings not kept", ended_ns(connection.bindings[i - 1]),
                  connection.bindings[i].bound_ns);
    add_binding(nesting, connection.bindings[i]);
  }
}

}  // namespace

SliceList slices_of(const Connection &connection) {
  SliceList list;
  const TrackId track = connection_track(connection.id);
  list.tracks.push_back(
      {track, connection.parent ? connection_track(*connection.parent) : kProcessTrack, track_name(connection)});
  Nesting nesting(list, track);
  add_life(nesting, connection);
  add_connect(nesting, connection);
  add_handshake(nesting, connection);
  add_transactions(nesting, connection);
  if (connection.session) add_session(nesting, *connection.session);
  if (connection.close) add_close(nesting, connection);
  add_bindings(list, connection);
  return list;
}

}  // namespace wsitrace
