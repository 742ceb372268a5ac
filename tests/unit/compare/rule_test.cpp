// SPDX-License-Identifier: MIT
#include "agent/compare/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compare/summaries.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using enum RuleResult;

TEST(Rule, CountMayNotGrowAtAll) {
  EXPECT_EQ(result("close:timeout", closes(7), closes(7)), kHeld);
  EXPECT_EQ(result("close:timeout", closes(7), closes(5)), kHeld);
  EXPECT_EQ(result("close:timeout", closes(7), closes(8)), kBroken);
}

TEST(Rule, AmountIsWhatItMayGrowBy) {
  EXPECT_EQ(result("close:timeout>10%", closes(100), closes(110)), kHeld);
  EXPECT_EQ(result("close:timeout>10%", closes(100), closes(111)), kBroken);
  EXPECT_EQ(result("close:timeout>5", closes(7), closes(12)), kHeld);
  EXPECT_EQ(result("close:timeout>5", closes(7), closes(13)), kBroken);
}

TEST(Rule, FromNothingAnyGrowthIsMoreThanAnyPercentage) {
  EXPECT_EQ(result("close:timeout>1000%", {}, closes(1)), kBroken);
  EXPECT_EQ(result("close:timeout>1000%", {}, {}), kHeld);
}

TEST(Rule, FallIsAskedForByLessThan) {
  EXPECT_EQ(result("close:timeout<0", closes(7), closes(6)), kBroken);
  EXPECT_EQ(result("close:timeout<0", closes(7), closes(11)), kHeld);
  EXPECT_EQ(result("close:timeout<50%", closes(10), closes(5)), kHeld);
  EXPECT_EQ(result("close:timeout<50%", closes(10), closes(4)), kBroken);
}

TEST(Rule, WithoutNameEachOfThemCountsByItself) {
  const Summary before = Made().count(Family::kFindings, "peer_gone", 3);
  const Summary other = Made().count(Family::kFindings, "descriptor_left", 1);
  const JudgedRule rule = judged("findings", before, other);
  EXPECT_EQ(rule.result, kBroken);
  ASSERT_EQ(rule.changes.size(), 1u);
  EXPECT_EQ(rule.changes[0].what, "findings:descriptor_left");
  EXPECT_EQ(result("findings", before, before), kHeld);
}

TEST(Rule, LatencyWithoutAmountBreaksBeyondNoise) {
  EXPECT_EQ(result("latency:transaction", transactions(23, 100 * kMs), transactions(23, 120 * kMs)), kHeld);
  EXPECT_EQ(result("latency:transaction", transactions(23, 100 * kMs), transactions(23, 140 * kMs)), kBroken);
  EXPECT_EQ(result("latency:transaction", transactions(23, 140 * kMs), transactions(23, 100 * kMs)), kHeld);
}

TEST(Rule, PercentageOfALatencyAlsoAsksForAMillisecond) {
  EXPECT_EQ(result("latency:transaction.p90>20%", transactions(23, kMs / 10), transactions(23, kMs)), kHeld);
  EXPECT_EQ(result("latency:transaction.p90>20%", transactions(23, 50 * kMs), transactions(23, 57 * kMs)), kHeld);
  EXPECT_EQ(result("latency:transaction.p90>20%", transactions(23, 50 * kMs), transactions(23, 65 * kMs)), kBroken);
}

TEST(Rule, TimeOfALatencyIsTakenAtItsWord) {
  EXPECT_EQ(result("latency:transaction.max>100us", transactions(23, 10'000), transactions(23, 111'000)), kBroken);
  EXPECT_EQ(result("latency:transaction.max>100us", transactions(23, 10'000), transactions(23, 109'000)), kHeld);
}

TEST(Rule, LatencyOfTooFewSamplesIsNotJudged) {
  const JudgedRule rule = judged("latency:transaction.p90>20%", transactions(19, kMs), transactions(23, 9 * kMs));
  EXPECT_EQ(rule.result, kNotJudged);
  EXPECT_EQ(rule.why, "too few samples: 19 before, 23 after, and it takes 20 of each");
  EXPECT_EQ(result("latency:transaction.p99>20%", transactions(99, kMs), transactions(101, kMs)), kNotJudged);
  EXPECT_EQ(result("latency:transaction.p99>20%", transactions(101, kMs), transactions(101, kMs)), kHeld);
}

TEST(Rule, AnyLatencyIsJudgedByThoseThatThereAre) {
  EXPECT_EQ(result("latency", transactions(23, kMs), transactions(23, kMs)), kHeld);
  EXPECT_EQ(result("latency", transactions(23, kMs), transactions(23, 9 * kMs)), kBroken);
  EXPECT_EQ(result("latency", transactions(7, kMs), transactions(7, kMs)), kNotJudged);
}

TEST(Rule, DoubtTouchesOnlyWhatRestsOnIt) {
  struct Row {
    const char *rule;
    RuleResult events_lost, no_end, killed;
  };
  for (const Row &row :
       {Row{"lost", kHeld, kHeld, kHeld}, Row{"latency:transaction", kNotJudged, kHeld, kHeld},
        Row{"close", kNotJudged, kNotJudged, kHeld}, Row{"status:5xx", kNotJudged, kNotJudged, kHeld},
        Row{"leaks", kNotJudged, kNotJudged, kNotJudged}, Row{"findings", kNotJudged, kNotJudged, kNotJudged},
        Row{"open", kNotJudged, kNotJudged, kNotJudged}}) {
    const auto with = [&](Reach reach) {
      const Summary fine = transactions(23, kMs), doubtful = Made().times(Measure::kTransaction, 23, kMs).doubt(reach);
      EXPECT_EQ(result(row.rule, fine, doubtful), result(row.rule, doubtful, fine)) << row.rule;
      return result(row.rule, fine, doubtful);
    };
    EXPECT_EQ(with(Reach::kEverything), row.events_lost) << row.rule;
    EXPECT_EQ(with(Reach::kCounts), row.no_end) << row.rule;
    EXPECT_EQ(with(Reach::kLeftovers), row.killed) << row.rule;
  }
}

TEST(Rule, WhatLooksWorseInADoubtfulTraceIsToldButNotJudged) {
  const Summary after = Made().count(Family::kLeaks, "", 3).doubt(Reach::kEverything);
  const JudgedRule rule = judged("leaks", {}, after);
  EXPECT_EQ(rule.result, kNotJudged);
  EXPECT_EQ(rule.why, "after: 2 events were lost");
  ASSERT_EQ(rule.changes.size(), 1u);
  EXPECT_EQ(rule.changes[0].after, 3u);
}

TEST(Comparison, StatusFollowsFromTheRules) {
  const Summary doubtful = Made().count(Family::kLost, "", 2).doubt(Reach::kEverything);
  EXPECT_EQ(compared(closes(3), closes(7), {}).exit_status(), 0);
  EXPECT_EQ(compared(closes(3), closes(7), {"leaks"}).exit_status(), 0);
  EXPECT_EQ(compared(closes(3), closes(7), {"leaks", "close"}).exit_status(), 1);
  EXPECT_EQ(compared({}, doubtful, {"leaks"}).exit_status(), 3);
  EXPECT_EQ(compared({}, doubtful, {}).exit_status(), 0);
  EXPECT_EQ(compared({}, doubtful, {"leaks", "lost"}).exit_status(), 1);
}

}  // namespace
}  // namespace wsitrace::test
