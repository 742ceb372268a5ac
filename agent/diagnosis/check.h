// SPDX-License-Identifier: MIT
//
// A check: the verdicts on all processes of a run, what became of the allow-lists' rules, and what follows from both. What the
// commands exit with and what the exporters of verdicts render.
#ifndef WSITRACE_DIAGNOSIS_CHECK_H
#define WSITRACE_DIAGNOSIS_CHECK_H

#include <cstdint>
#include <string>
#include <vector>

#include "agent/diagnosis/verdict.h"

namespace wsitrace {

// One rule of an allow-list.
struct RuleUse {
  std::string where;  // "allow.txt:3"
  std::string rule;   // as it was written, without its comment
  uint64_t used = 0;  // how many it allowed, in all processes
  uint64_t over = 0;  // how many it fits that were more than its count

  [[nodiscard]] bool is_stale() const { return used == 0 && over == 0; }
};

struct Check {
  std::vector<Verdict> verdicts;  // one for each process that recorded; without what the rules allow
  std::vector<RuleUse> rules;     // as the user wrote them
  bool strict_allow = false;      // a stale rule fails the check

  // Inconclusive when one verdict is, or when there is none: "nothing was recorded".
  [[nodiscard]] Conclusion conclusion() const;
  // 0, 1 or 3; 1 also for stale rules if these are to fail.
  [[nodiscard]] int exit_status() const;
  [[nodiscard]] bool fails_on_stale_rules() const;
  [[nodiscard]] uint64_t finding_count() const;
  [[nodiscard]] uint64_t trouble_count() const;
  [[nodiscard]] uint64_t note_count() const;
  [[nodiscard]] uint64_t live_at_exit() const;
  [[nodiscard]] uint64_t connections() const;
  [[nodiscard]] uint64_t lost() const;
};

// A finding, a trouble or a doubt, and the process that it is about. Pointers are valid as long as the check is.
struct CheckedFinding {
  const Verdict *verdict;
  const Finding *finding;
};
struct CheckedTrouble {
  const Verdict *verdict;
  const Diagnosis *trouble;
};
struct CheckedDoubt {
  std::string program;  // with its pid, if the check is of several processes; empty: of no one program
  std::string doubt;
  std::string line;  // the doubt, behind the program's name if the check is of several processes
};

// Worst kind first; within one kind in the order of the processes.
std::vector<CheckedFinding> findings_of(const Check &check);
// In the order of the processes.
std::vector<CheckedTrouble> troubles_of(const Check &check);
std::vector<CheckedDoubt> doubts_of(const Check &check);

// A time of a finding as reports show it: since the start of its process.
OptionalNs since_start(const Verdict &verdict, OptionalNs at_ns);

}  // namespace wsitrace

#endif
