// SPDX-License-Identifier: MIT
//
// Counts and times one trace while its timeline is folded; beside a Judge, by Observers.
//
// Memory: follows the names of vhosts and protocols, not the connections.
#ifndef WSITRACE_COMPARE_TALLY_H
#define WSITRACE_COMPARE_TALLY_H

#include "agent/compare/summary.h"
#include "agent/diagnosis/verdict.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

class Tally final : public TimelineObserver {
 public:
  void on_tls_established(const Connection &connection) override;
  void on_transaction_ended(const Connection &connection, const Transaction &transaction) override;
  void on_session_opened(const Connection &connection) override;
  void on_session_closed(const Connection &connection) override;
  void on_connection_closed(const Connection &connection) override;

  // Call when the log has ended, or as much of it as there is. TIMELINE is the one that this has observed, VERDICT the one on it.
  [[nodiscard]] Summary summary(const Timeline &timeline, const Verdict &verdict) const;

 private:
  Summary seen_;
};

}  // namespace wsitrace

#endif
