// SPDX-License-Identifier: MIT
//
// Two traces of the same workload beside each other: what `wsitrace diff` exits with and what the exporters render.
#ifndef WSITRACE_COMPARE_COMPARISON_H
#define WSITRACE_COMPARE_COMPARISON_H

#include "agent/compare/rule.h"

namespace wsitrace {

struct Comparison {
  Summary before;
  Summary after;
  std::vector<Change> changes;    // worst first
  std::vector<JudgedRule> rules;  // in the user's order

  // BEFORE had been recorded so that it would have what AFTER has: without that, what it has not is not "new".
  [[nodiscard]] bool saw_as_much() const;
  // What the reader must know of both; whole sentences without a full stop.
  [[nodiscard]] std::vector<std::string> notes() const;
  // 1: a rule is broken; else 3: one could not be judged; else 0.
  [[nodiscard]] int exit_status() const;
  [[nodiscard]] uint64_t rule_count(RuleResult result) const;
};

Comparison compare(Summary before, Summary after, const std::vector<Rule> &rules);

}  // namespace wsitrace

#endif
