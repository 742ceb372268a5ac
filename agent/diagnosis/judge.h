// SPDX-License-Identifier: MIT
//
// Looks for findings while a timeline is folded; the rules are one file each, in faults/.
//
//    left_open.cpp       what its context should have taken along: connections, bindings, contexts, vhosts
//    descriptors.cpp     descriptors that one context after the other leaves open
//    transactions.cpp    handlers that never finished
//    peers.cpp           peers that are gone
//    superseded.cpp      outbound sessions that a newer one has replaced
//    adopted.cpp         descriptors and outbound connections that outlive the session they were made for
//    connects.cpp        outbound attempts that pile up
//    session_memory.cpp  user pointers that are set still
//    growth.cpp          open connections that grow from load to load
//
// A rule speaks only of what cannot be otherwise: silence where the events leave a doubt, for a gate with false alarms is switched off.
// Grouped:  one finding for each kind, vhost and protocol, with the connections that it is about. This is what every surface counts: check,
//           reports' totals, api/findings and lws_findings. A Doctor has them as the faults among its diagnoses.
// Memory:   follows the open outbound attempts, and 16 bytes for each begin and end of a connection, up to kKeptSteps.
#ifndef WSITRACE_DIAGNOSIS_JUDGE_H
#define WSITRACE_DIAGNOSIS_JUDGE_H

#include "agent/diagnosis/faults/adopted.h"
#include "agent/diagnosis/faults/connects.h"
#include "agent/diagnosis/faults/descriptors.h"
#include "agent/diagnosis/faults/groups.h"
#include "agent/diagnosis/faults/growth.h"
#include "agent/diagnosis/faults/session_memory.h"
#include "agent/diagnosis/faults/stack_book.h"
#include "agent/diagnosis/faults/superseded.h"
#include "agent/diagnosis/verdict.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

class Judge final : public TimelineObserver {
 public:
  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_opened(const Connection &connection) override;
  void on_connection_changed(const Connection &before, const Connection &now) override;
  void on_connection_closed(const Connection &connection) override;
  void on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) override;

  // What is open when the program ends is a finding, whether its context is there still or not.
  void require_closed() { requires_closed_ = true; }
  // Call when the log has ended, or as much of it as there is. TIMELINE is the one that this has observed.
  [[nodiscard]] Verdict verdict(const Timeline &timeline) const;
  // What it has heard of so far, without the rules about what is left.
  [[nodiscard]] Groups heard(const Timeline &timeline) const;
  // The same with them: the findings of a log that goes on.
  [[nodiscard]] std::vector<Finding> found_so_far(const Timeline &timeline) const;
  // Connections that have closed, as Census counts them.
  [[nodiscard]] uint64_t closed() const { return closed_; }

 private:
  Groups groups_;
  StackBook stacks_;
  Descriptors descriptors_;
  SessionMemory session_memory_;
  Adopted adopted_;
  Connects connects_;
  Growth growth_;
  Superseded superseded_;
  std::set<uint64_t> ongoing_;  // whose last response goes on, as its connection ends
  uint64_t closed_ = 0;
  bool requires_closed_ = false;
};

// A verdict that says of whom it is, and nothing else yet.
Verdict verdict_about(const Timeline &timeline);

// What can be said without having observed it: the rules of left_open.cpp. Costs nothing until then.
Verdict judge_what_is_left(const Timeline &timeline);

}  // namespace wsitrace

#endif
