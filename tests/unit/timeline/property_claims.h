// SPDX-License-Identifier: MIT
//
// What the fold said of a log, kept for the property tests, and the claims that they make about it.
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_PROPERTY_CLAIMS_H
#define WSITRACE_TESTS_UNIT_TIMELINE_PROPERTY_CLAIMS_H

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/timeline/timeline.h"

namespace wsitrace::test {

// Observes a Timeline; keep() adds what is still open.
class Ledger : public TimelineObserver {
 public:
  void on_connection_opened(const Connection &connection) override;
  void on_bound(const Connection &, const Binding &) override { ++bound; }
  void on_dropped(const Connection &, const Binding &) override { ++dropped; }
  void on_transaction_ended(const Connection &, const Transaction &) override { ++transactions_ended; }
  void on_session_opened(const Connection &) override { ++sessions_opened; }
  void on_session_closed(const Connection &) override { ++sessions_closed; }
  void on_connection_closed(const Connection &connection) override;
  void keep(const Timeline &timeline);

  std::vector<Connection> closed, open;
  std::set<uint64_t> announced, ended;
  uint64_t bound = 0, dropped = 0, transactions_ended = 0, sessions_opened = 0, sessions_closed = 0;
  std::string fault;  // the first thing that an observer should never hear
};

// Each returns what is wrong, or nothing.

// opened = closed + open, and what observers heard adds up to the totals.
std::string fault_in_sums(const Ledger &ledger, const Timeline &timeline);
// Bindings, transactions and sessions lie within their connection, and their times are in order.
std::string fault_in_times(const Connection &connection);
// Only the last binding and the last transaction may be open, and nothing is where the connection is closed.
std::string fault_in_ends(const Connection &connection);

// The numbers of the lives (property_lives.h) that a connection was made of.
std::set<int> lives_in(const Connection &connection);

// Not a guess, and seen from its beginning.
bool is_certain(const Connection &connection);

std::string to_text(const Connection &connection);

}  // namespace wsitrace::test

#endif
