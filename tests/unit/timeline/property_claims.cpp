// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/property_claims.h"

#include <algorithm>
#include <charconv>

#include "tests/unit/timeline/property_lives.h"
#include "tests/unit/timeline/recorder.h"

namespace wsitrace::test {
namespace {

// The number behind the last blank; nullopt: there is none.
std::optional<int> number_in(std::string_view text) {
  const size_t blank = text.rfind(' ');
  int number = 0;
  if (blank == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + blank + 1, text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

uint64_t open_bindings(const Connection &connection) {
  return static_cast<uint64_t>(std::count_if(connection.bindings.begin(), connection.bindings.end(),
                                             [](const Binding &binding) { return !binding.dropped_ns; }));
}

std::string differ(const char *what, uint64_t one, uint64_t other) {
  return one == other ? "" : std::string(what) + ": " + std::to_string(one) + " and " + std::to_string(other);
}

// Times that are known, in the order in which they should be.
std::string fault_in_order(const char *what, std::initializer_list<OptionalNs> times) {
  OptionalNs before;
  for (const OptionalNs &time : times) {
    if (!time) continue;
    if (before && *time < *before) return std::string(what) + ": times are not in order";
    before = time;
  }
  return "";
}

}  // namespace

void Ledger::on_connection_opened(const Connection &connection) {
  if (!announced.insert(connection.id).second) fault = "opened twice";
}

void Ledger::on_connection_closed(const Connection &connection) {
  if (announced.count(connection.id) == 0) fault = "closed, but never opened";
  if (!ended.insert(connection.id).second) fault = "closed twice";
  if (connection.state != State::kClosed || !connection.close) fault = "closed, but does not say so";
  closed.push_back(connection);
}

void Ledger::keep(const Timeline &timeline) {
  timeline.for_each_open([this](const Connection &connection) {
    if (ended.count(connection.id) != 0) fault = "open after it was closed";
    open.push_back(connection);
  });
}

std::string fault_in_sums(const Ledger &ledger, const Timeline &timeline) {
  const Totals &totals = timeline.totals();
  uint64_t bindings = 0, transactions = 0, open_bound = 0, open_transactions = 0, unannounced = 0;
  for (const auto *all : {&ledger.closed, &ledger.open}) {
    for (const Connection &connection : *all) {
      bindings += connection.bindings_total;
      transactions += connection.transactions_total;
      open_bound += open_bindings(connection);
      for (const Transaction &transaction : connection.transactions)
        open_transactions += transaction.completed_ns ? 0 : 1;
      unannounced += ledger.announced.count(connection.id) == 0 ? 1 : 0;
    }
  }
  const std::string faults[] = {
      ledger.fault,
      differ("opened and closed + open", totals.opened, totals.closed + ledger.open.size()),
      differ("closed and those told", totals.closed, ledger.closed.size()),
      differ("opened and those told or not yet", totals.opened, ledger.announced.size() + unannounced),
      differ("binds and those told", totals.binds, ledger.bound),
      differ("binds and bindings", totals.binds, bindings),
      differ("drops and those told", totals.drops, ledger.dropped),
      differ("binds and drops + open", totals.binds, totals.drops + open_bound),
      differ("transactions", totals.transactions, transactions),
      differ("transactions and ended + open", totals.transactions, ledger.transactions_ended + open_transactions),
  };
  for (const std::string &fault : faults) {
    if (!fault.empty()) return fault;
  }
  return "";
}

std::string fault_in_times(const Connection &connection) {
  const OptionalNs opened = connection.opened_ns, closed = connection.closed_ns;
  std::string fault = fault_in_order("connection", {opened, connection.connected_ns, closed});
  OptionalNs before = opened;
  for (const Binding &binding : connection.bindings) {
    if (fault.empty()) fault = fault_in_order("binding", {before, binding.bound_ns, binding.dropped_ns, closed});
    before = binding.dropped_ns;
  }
  before = opened;
  for (const Transaction &t : connection.transactions) {
    if (fault.empty())
      fault =
          fault_in_order("transaction", {before, t.requested_ns, t.handled_ns, t.responded_ns, t.completed_ns, closed});
    before = t.completed_ns;
  }
  if (connection.session && fault.empty())
    fault =
        fault_in_order("session", {opened, connection.session->established_ns, connection.session->closed_ns, closed});
  return fault;
}

std::string fault_in_ends(const Connection &connection) {
  const bool closed = connection.state == State::kClosed;
  for (const Binding &binding : connection.bindings) {
    const bool may_be_open = !closed && &binding == &connection.bindings.back();
    if (!binding.dropped_ns && !may_be_open) return "a binding was left open";
    if (binding.dropped_ns.has_value() && binding.cause.empty()) return "a binding was dropped without a cause";
  }
  for (const Transaction &transaction : connection.transactions) {
    const bool may_be_open = !closed && &transaction == &connection.transactions.back();
    if (!transaction.completed_ns && !may_be_open) return "a transaction was left open";
    if ((transaction.outcome == Outcome::kOpen) == transaction.completed_ns.has_value()) return "outcome does not fit";
  }
  if (closed && connection.session && !connection.session->closed_ns) return "a session was left open";
  return "";
}

std::set<int> lives_in(const Connection &connection) {
  std::set<int> out;
  const auto note = [&out](std::string_view text) {
    if (const auto number = number_in(text)) out.insert(*number);
  };
  note(connection.vhost);
  note(connection.opened_vhost);
  note(connection.target);
  if (connection.tls) note(connection.tls->sni);
  for (const Binding &binding : connection.bindings) note(binding.protocol);
  for (const Transaction &transaction : connection.transactions) {
    note(transaction.protocol);
    note(transaction.path);
  }
  if (connection.session) note(connection.session->protocol);
  if (connection.fd) out.insert(*connection.fd - kFirstFd);
  return out;
}

bool is_certain(const Connection &connection) {
  return connection.evidence != Evidence::kElimination && connection.opened_seen;
}

std::string to_text(const Connection &connection) {
  std::string out = "#" + std::to_string(connection.id) + " " + wsitrace::name_of(connection.cls) + "/" +
                    wsitrace::name_of(connection.origin) + "/" + wsitrace::name_of(connection.evidence) + " lives";
  for (const int number : lives_in(connection)) out += " " + std::to_string(number);
  return out + " [" + transactions_of(connection) + "] [" + bindings_of(connection) + "]" +
         (connection.opened_seen ? "" : " begun before");
}

}  // namespace wsitrace::test
