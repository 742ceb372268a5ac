// SPDX-License-Identifier: MIT
#include "agent/compare/comparison.h"

#include <algorithm>

namespace wsitrace {

bool Comparison::saw_as_much() const {
  const bool missed = std::any_of(before.doubts.begin(), before.doubts.end(),
                                  [](const Doubt &doubt) { return doubt.reach == Reach::kEverything; });
  return before.attach == after.attach && !missed;
}

std::vector<std::string> Comparison::notes() const {
  std::vector<std::string> notes;
  if (before.attach != after.attach)
    notes.push_back("the traces were recorded in different ways, " + before.attach + " and " + after.attach +
                    ": a difference may come from that alone");
  if (loads_differ(before, after))
    notes.push_back("the loads differ (" + std::to_string(before.count(Family::kConnections)) + " connections and " +
                    std::to_string(before.count(Family::kTransactions)) + " transactions before, " +
                    std::to_string(after.count(Family::kConnections)) + " and " +
                    std::to_string(after.count(Family::kTransactions)) + " after): compare the shares");
  return notes;
}

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
