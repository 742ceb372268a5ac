// SPDX-License-Identifier: MIT
//
// A handler that has been called, and has all of the request, owes a response. lws gives it a time (PENDING_TIMEOUT_HTTP_CONTENT);
// when that is over and nothing of the response waits to be taken by the network, it was the handler that did not go on. So it
// was when it has written the last of the response, and for a while has not said that this was the last.
#include "agent/diagnosis/faults/rules.h"
#include "agent/lws/callbacks.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

bool has_all_of_request(const Connection &connection, const Transaction &transaction) {
  return connection.last_callback == k_HTTP_BODY_COMPLETION ||
         (connection.last_callback == k_HTTP && !transaction.brings_body());
}

// On h2, what waits for the peer's window is not seen: there only a handler that has not even begun counts.
bool peer_takes_all(const Connection &connection, const Transaction &transaction) {
  if (connection.origin == Origin::kStream) return !transaction.responded_ns || transaction.written_ns;
  return connection.tcp && connection.tcp->unsent_bytes == 0;
}

bool was_forgotten(const Transaction &transaction, Ns now_ns) {
  constexpr Ns kForgottenNs = 50'000'000;  // some complete it in the next turn
  return transaction.outcome == Outcome::kAborted && transaction.written_ns &&
         now_ns >= *transaction.written_ns + kForgottenNs;
}

bool was_never_finished(const Connection &closed, const Transaction &last) {
  return last.outcome == Outcome::kAborted && last.handled_ns && closed.close &&
         closed.close->reason == CloseReason::kTimeout && has_all_of_request(closed, last);
}

}  // namespace

void judge_transactions(const Connection &closed, bool goes_on, Groups &groups) {
  for (const Transaction &transaction : closed.transactions) {
    const bool is_last = &transaction == &closed.transactions.back();
    const Ns ended_ns = is_last ? closed.closed_ns.value_or(0) : transaction.completed_ns.value_or(0);
    const bool found =
        was_forgotten(transaction, ended_ns) || (is_last && !goes_on && was_never_finished(closed, transaction));
    if (!found || (is_last && !peer_takes_all(closed, transaction))) continue;
    groups.add(Cause::kTransactionNotCompleted, closed, transaction.protocol);
    return;  // once for a connection
  }
}

}  // namespace wsitrace
