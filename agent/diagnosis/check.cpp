// SPDX-License-Identifier: MIT
#include "agent/diagnosis/check.h"

#include <algorithm>

namespace wsitrace {

Conclusion Check::conclusion() const {
  const auto any = [this](Conclusion conclusion) {
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [=](const Verdict &verdict) { return verdict.conclusion == conclusion; });
  };
  if (verdicts.empty() || any(Conclusion::kInconclusive)) return Conclusion::kInconclusive;
  return any(Conclusion::kFindings) ? Conclusion::kFindings : Conclusion::kClean;
}

int Check::exit_status() const {
  switch (conclusion()) {
    case Conclusion::kClean: return fails_on_stale_rules() ? 1 : 0;
    case Conclusion::kFindings: return 1;
    case Conclusion::kInconclusive: break;
  }
  return 3;
}

bool Check::fails_on_stale_rules() const {
  return strict_allow && std::any_of(rules.begin(), rules.end(), [](const RuleUse &rule) { return rule.is_stale(); });
}

namespace {

template <typename Number>
uint64_t sum_over(const std::vector<Verdict> &verdicts, Number number) {
  uint64_t sum = 0;
  for (const Verdict &verdict : verdicts) sum += number(verdict);
  return sum;
}

}  // namespace

uint64_t Check::finding_count() const {
  return sum_over(verdicts, [](const Verdict &verdict) { return verdict.findings.size(); });
}

uint64_t Check::trouble_count() const {
  return sum_over(verdicts, [](const Verdict &verdict) { return verdict.troubles.size(); });
}

uint64_t Check::note_count() const {
  return sum_over(verdicts, [](const Verdict &verdict) { return verdict.notes; });
}

uint64_t Check::live_at_exit() const {
  return sum_over(verdicts, [](const Verdict &verdict) { return verdict.live_at_exit; });
}

uint64_t Check::connections() const {
  return sum_over(verdicts, [](const Verdict &verdict) { return verdict.connections; });
}

uint64_t Check::lost() const {
  return sum_over(verdicts, [](const Verdict &verdict) { return verdict.lost; });
}

std::vector<CheckedFinding> findings_of(const Check &check) {
  std::vector<CheckedFinding> found;
  for (const Verdict &verdict : check.verdicts)
    for (const Finding &finding : verdict.findings) found.push_back({&verdict, &finding});
  std::stable_sort(found.begin(), found.end(),
                   [](const CheckedFinding &a, const CheckedFinding &b) { return a.finding->kind < b.finding->kind; });
  return found;
}

std::vector<CheckedTrouble> troubles_of(const Check &check) {
  std::vector<CheckedTrouble> troubles;
  for (const Verdict &verdict : check.verdicts)
    for (const Diagnosis &trouble : verdict.troubles) troubles.push_back({&verdict, &trouble});
  return troubles;
}

std::vector<CheckedDoubt> doubts_of(const Check &check) {
  std::vector<CheckedDoubt> doubts;
  const bool several = check.verdicts.size() > 1;
  for (const Verdict &verdict : check.verdicts) {
    std::string program = verdict.program;
    if (several && verdict.pid != 0) program += " (PID " + std::to_string(verdict.pid) + ")";
    for (const std::string &doubt : verdict.doubts)
      doubts.push_back({program, doubt, several && !program.empty() ? program + ": " + doubt : doubt});
  }
  if (check.verdicts.empty()) doubts.push_back({"", "nothing was recorded", "nothing was recorded"});
  return doubts;
}

OptionalNs since_start(const Verdict &verdict, OptionalNs at_ns) {
  if (!at_ns) return std::nullopt;
  return *at_ns > verdict.started_ns ? *at_ns - verdict.started_ns : 0;
}

}  // namespace wsitrace
