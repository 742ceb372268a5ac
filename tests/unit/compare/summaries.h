// SPDX-License-Identifier: MIT
//
// Summaries and rules for the tests, in few words.
#ifndef WSITRACE_TESTS_UNIT_COMPARE_SUMMARIES_H
#define WSITRACE_TESTS_UNIT_COMPARE_SUMMARIES_H

#include <stdexcept>

#include "agent/compare/comparison.h"

namespace wsitrace::test {

inline constexpr uint64_t kMs = 1'000'000;

class Made {
 public:
  Made &count(Family family, const std::string &name, uint64_t count) {
    summary_.counts[static_cast<size_t>(family)][name] = count;
    return *this;
  }
  Made &times(Measure measure, uint64_t samples, uint64_t each_ns) {
    for (uint64_t i = 0; i < samples; ++i) summary_.latencies[static_cast<size_t>(measure)].add(each_ns);
    return *this;
  }
  Made &doubt(Reach reach) {
    summary_.doubts.push_back({"2 events were lost", reach});
    return *this;
  }
  operator Summary() const { return summary_; }

 private:
  Summary summary_;
};

inline Summary closes(uint64_t timeouts) { return Made().count(Family::kClose, "timeout", timeouts); }
inline Summary transactions(uint64_t samples, uint64_t each_ns) {
  return Made().times(Measure::kTransaction, samples, each_ns);
}

inline JudgedRule judged(const std::string &rule, const Summary &before, const Summary &after) {
  const auto parsed = parse_rule(rule);
  if (!parsed) throw std::invalid_argument(parsed.error().line());
  return judge_rule(*parsed, before, after);
}

inline RuleResult result(const std::string &rule, const Summary &before, const Summary &after) {
  return judged(rule, before, after).result;
}

inline Comparison compared(const Summary &before, const Summary &after, const std::vector<std::string> &rules) {
  std::vector<Rule> parsed;
  for (const std::string &rule : rules) parsed.push_back(parse_rule(rule).value());
  return compare(before, after, parsed);
}

}  // namespace wsitrace::test

#endif
