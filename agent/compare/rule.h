// SPDX-License-Identifier: MIT
//
// What a user does not want to get worse, and whether it did.
//
//    RULE      = WHAT [ (">" | "<") AMOUNT ]      ">": grew by more than AMOUNT, "<": fell by more than that
//    WHAT      = FAMILY [ ":" NAME ]              without a name: any of them
//              | "latency" [ ":" MEASURE [ "." QUANTILE ] ]
//    AMOUNT    = NUMBER ( "" | "%" )              of a count
//              | NUMBER ( "us" | "ms" | "s" | "%" )   of a duration
//
// Without an AMOUNT a count may not grow at all, a duration not by more than noise (change.h); without a QUANTILE that is p50 and
// p90; without a MEASURE tls, response and transaction. A "%" of a duration also asks for more than 1 ms. From 0, any growth is more
// than any percentage.
// Not judged: when a doubt about either trace touches the rule, and where there are too few samples.
#ifndef WSITRACE_COMPARE_RULE_H
#define WSITRACE_COMPARE_RULE_H

#include "agent/base/expected.h"
#include "agent/compare/change.h"

namespace wsitrace {

struct Rule {
  enum class Of { kCounts, kLatencies };
  enum class By { kAnything, kPerCent, kAmount };

  std::string text;  // as the user wrote it
  Of of = Of::kCounts;
  Family family = Family::kFindings;
  std::optional<std::string> name;
  std::vector<Measure> measures;
  std::vector<Quantile> quantiles;
  bool falls = false;
  By by = By::kAnything;
  double amount = 0;  // per cent, a number, or ns
};

// Errors: one that names the rule, what is wrong, and what there is instead.
Expected<Rule> parse_rule(const std::string &text);

enum class RuleResult { kHeld, kBroken, kNotJudged };
const char *name_of(RuleResult);  // "held", "broken", "not_judged"

struct JudgedRule {
  std::string rule;
  RuleResult result = RuleResult::kHeld;
  std::vector<Change> changes;  // that break it, or would
  std::string why;              // it was not judged
};

JudgedRule judge_rule(const Rule &rule, const Summary &before, const Summary &after);

}  // namespace wsitrace

#endif
