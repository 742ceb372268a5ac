// SPDX-License-Identifier: MIT
#include "agent/compare/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compare/summaries.h"

namespace wsitrace::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> whats(const Summary &before, const Summary &after) {
  std::vector<std::string> out;
  for (const Change &change : changes_between(before, after)) out.push_back(change.what);
  return out;
}

TEST(Changes, OfEqualSummariesThereAreNone) {
  const Summary one = Made().count(Family::kClose, "timeout", 7).times(Measure::kTls, 23, kMs);
  EXPECT_THAT(changes_between(one, one), IsEmpty());
}

TEST(Changes, CountIsAlwaysTold) {
  const auto changes = changes_between(closes(1009), closes(1010));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].what, "close:timeout");
  EXPECT_EQ(changes[0].absolute(), 1);
  EXPECT_NEAR(changes[0].relative().value(), 1.0 / 1009, 1e-9);
}

TEST(Changes, WhatIsNewOrGoneIsToldFromZero) {
  const auto came = changes_between({}, closes(3)), went = changes_between(closes(3), {});
  EXPECT_EQ(came.at(0).relative(), std::nullopt);
  EXPECT_EQ(came.at(0).tendency, Tendency::kWorse);
  EXPECT_EQ(went.at(0).absolute(), -3);
  EXPECT_EQ(went.at(0).tendency, Tendency::kBetter);
}

TEST(Changes, WorstComeFirst) {
  const Summary before = Made().count(Family::kClose, "timeout", 5).count(Family::kVhost, "app", 1);
  const Summary after = Made()
                            .count(Family::kVhost, "app", 2)
                            .count(Family::kOutcome, "aborted", 3)
                            .count(Family::kStatus, "5xx", 2)
                            .count(Family::kStatus, "4xx", 7)
                            .count(Family::kFindings, "peer_gone", 1);
  EXPECT_THAT(whats(before, after), ElementsAre("findings:peer_gone", "outcome:aborted", "status:4xx", "status:5xx",
                                                "vhost:app", "close:timeout"));
}

TEST(Changes, LatencyNeedsTwentySamplesOnBothSides) {
  EXPECT_THAT(whats(transactions(kMinSamples - 1, kMs), transactions(kMinSamples, 7 * kMs)), IsEmpty());
  EXPECT_THAT(whats(transactions(kMinSamples, kMs), transactions(kMinSamples - 1, 7 * kMs)), IsEmpty());
  EXPECT_THAT(whats(transactions(kMinSamples, kMs), transactions(kMinSamples, 7 * kMs)),
              ElementsAre("latency:transaction.p50", "latency:transaction.p90"));
}

TEST(Changes, LatencyBelowAMillisecondOrAQuarterIsNoise) {
  EXPECT_THAT(whats(transactions(23, 10'000), transactions(23, kMs)), IsEmpty());           // 100 times, but 0.99 ms
  EXPECT_THAT(whats(transactions(23, 100 * kMs), transactions(23, 124 * kMs)), IsEmpty());  // 24 ms, but 1.24 times
  EXPECT_THAT(whats(transactions(23, 100 * kMs), transactions(23, 81 * kMs)), IsEmpty());
}

TEST(Changes, FasterIsBetter) {
  const auto changes = changes_between(transactions(23, 100 * kMs), transactions(23, 79 * kMs));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].tendency, Tendency::kBetter);
  EXPECT_EQ(changes[0].absolute(), -21 * static_cast<int64_t>(kMs));
}

TEST(Changes, LongerSessionIsNeitherGoodNorBad) {
  const auto changes =
      changes_between(Made().times(Measure::kSession, 23, kMs), Made().times(Measure::kSession, 23, 9 * kMs));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].tendency, Tendency::kNeutral);
}

}  // namespace
}  // namespace wsitrace::test
