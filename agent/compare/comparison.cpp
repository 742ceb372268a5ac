// SPDX-License-Identifier: MIT
#include "agent/compare/comparison.h"

#include <algorithm>

namespace wsitrace {

int Comparison::exit_status() const {
  if (rule_count(RuleResult::kBroken) > 0) return 1;
  return rule_count(RuleResult::kNotJudged) > 0 ? 3 : 0;
}

uint64_t Comparison::rule_count(RuleResult result) const {
  return static_cast<uint64_t>(
      std::count_if(rules.begin(), rules.end(), [&](const JudgedRule &rule) { return rule.result == result; }));
}

Comparison compare(Summary before, Summary after, const std::vector<Rule> &rules) {
  Comparison comparison;
  comparison.changes = changes_between(before, after);
  for (const Rule &rule : rules) comparison.rules.push_back(judge_rule(rule, before, after));
  comparison.before = std::move(before);
  comparison.after = std::move(after);
  return comparison;
}

}  // namespace wsitrace
