// SPDX-License-Identifier: MIT
#include "agent/compare/rule.h"

#include <algorithm>
#include <cmath>

namespace wsitrace {
namespace {

bool touches(Reach reach, const Rule &rule) {
  if (rule.of == Rule::Of::kLatencies) return reach == Reach::kEverything;
  switch (rule.family) {
    case Family::kLost: return false;
    case Family::kFindings:
    case Family::kLeaks:
    case Family::kOpen: return true;
    default: return reach != Reach::kLeftovers;
  }
}

std::string doubt_about(const Rule &rule, const Summary &summary, const char *side) {
  for (const Doubt &doubt : summary.doubts)
    if (touches(doubt.reach, rule)) return std::string(side) + ": " + doubt.text;
  return {};
}

double difference(const Rule &rule, const Change &change) {
  const auto absolute = static_cast<double>(change.absolute());
  return rule.falls ? -absolute : absolute;
}

bool breaks(const Rule &rule, const Change &change) {
  const double moved = difference(rule, change);
  if (moved <= 0) return false;
  const bool is_latency = change.unit == Unit::kNs;
  switch (rule.by) {
    case Rule::By::kAnything: return !is_latency || !is_noise(change);
    case Rule::By::kAmount: return moved > rule.amount;
    case Rule::By::kPerCent: break;
  }
  if (is_latency && moved <= static_cast<double>(kNoiseNs)) return false;
  return change.before == 0 || moved * 100 > rule.amount * static_cast<double>(change.before);
}

void judge_counts(const Rule &rule, const Summary &before, const Summary &after, JudgedRule &judged) {
  std::vector<std::string> names = names_in(rule.family, before, after);
  if (rule.name) names = {*rule.name};
  for (const std::string &name : names) {
    Change change = change_of(rule.family, name, before, after);
    if (breaks(rule, change)) judged.changes.push_back(std::move(change));
  }
}

std::string too_few(const Rule &rule, const Summary &before, const Summary &after) {
  const Measure measure = rule.measures.front();
  const bool p99 = rule.quantiles.front() == Quantile::kP99;
  return "too few samples: " + std::to_string(before.of(measure).count()) + " before, " +
         std::to_string(after.of(measure).count()) + " after, and it takes " +
         std::to_string(p99 ? kMinSamplesP99 : kMinSamples) + " of each";
}

// Of several measures, those are judged that can be; not judged is what has none.
void judge_latencies(const Rule &rule, const Summary &before, const Summary &after, JudgedRule &judged) {
  bool any = false;
  for (const Measure measure : rule.measures) {
    for (const Quantile quantile : rule.quantiles) {
      if (!has_samples(measure, quantile, before) || !has_samples(measure, quantile, after)) continue;
      any = true;
      Change change = change_of(measure, quantile, before, after);
      if (breaks(rule, change)) judged.changes.push_back(std::move(change));
    }
  }
  if (!any) judged.why = rule.measures.size() == 1 ? too_few(rule, before, after) : "too few samples of any latency";
}

}  // namespace

const char *name_of(RuleResult result) {
  switch (result) {
    case RuleResult::kHeld: return "held";
    case RuleResult::kBroken: return "broken";
    case RuleResult::kNotJudged: break;
  }
  return "not_judged";
}

JudgedRule judge_rule(const Rule &rule, const Summary &before, const Summary &after) {
  JudgedRule judged;
  judged.rule = rule.text;
  if (rule.of == Rule::Of::kCounts) judge_counts(rule, before, after, judged);
  else judge_latencies(rule, before, after, judged);
  if (judged.why.empty()) judged.why = doubt_about(rule, before, "before");
  if (judged.why.empty()) judged.why = doubt_about(rule, after, "after");
  judged.result = !judged.why.empty()       ? RuleResult::kNotJudged
                  : !judged.changes.empty() ? RuleResult::kBroken
                                            : RuleResult::kHeld;
  return judged;
}

}  // namespace wsitrace
