// SPDX-License-Identifier: MIT
#include "agent/compare/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/diagnosis/judge.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Summary summary(const char *words, const char *end = "exit", const Loss &loss = {}) {
  Judge judge;
  Tally tally;
  Timeline timeline(judge);
  timeline.add(tally);
  Script script(timeline, Form::kPreload);
  script.play(words);
  timeline.on_loss(loss);
  if (end != nullptr) script.end(end);
  return tally.summary(timeline, judge.verdict(timeline));
}

constexpr const char *kRequest =
    "CONTEXT ACCEPT FH('/a') BIND[dyn] HTTP[dyn] +5ms st=200 +2ms txnc DROP[dyn]('lws_http_transaction_completed') "
    "BIND "
    "close('server socket svc fail') DROP('__lws_close_free_wsi') CLOSED_HTTP DEST CONTEXT_END=0 L:DEST CONTEXT_END=1";

TEST(Tally, ConnectionIsCountedInEachFamilyOnce) {
  const Summary seen = summary(kRequest);
  EXPECT_EQ(seen.count(Family::kConnections), 2u);
  EXPECT_THAT(seen.of(Family::kClass), ElementsAre(Pair("client", 1), Pair("listener", 1)));
  EXPECT_THAT(seen.of(Family::kOrigin), ElementsAre(Pair("accepted", 1), Pair("listen", 1)));
  EXPECT_THAT(seen.of(Family::kVhost), ElementsAre(Pair("default", 2)));
  EXPECT_EQ(seen.count(Family::kClose, "peer_closed"), 1u);
  EXPECT_EQ(seen.count(Family::kBy, "peer"), 1u);
  EXPECT_EQ(seen.count(Family::kOpen), 0u);
}

TEST(Tally, TransactionIsCountedAndTimed) {
  const Summary seen = summary(kRequest);
  EXPECT_EQ(seen.count(Family::kTransactions), 1u);
  EXPECT_THAT(seen.of(Family::kOutcome), ElementsAre(Pair("completed", 1)));
  EXPECT_THAT(seen.of(Family::kStatus), ElementsAre(Pair("2xx", 1)));
  EXPECT_THAT(seen.of(Family::kProtocol), ElementsAre(Pair("dyn", 1)));
  EXPECT_EQ(seen.of(Measure::kResponse).count(), 1u);
  EXPECT_NEAR(static_cast<double>(seen.of(Measure::kResponse).max_ns()), 5e6, 1e5);
  EXPECT_NEAR(static_cast<double>(seen.of(Measure::kTransaction).max_ns()), 7e6, 1e5);
  EXPECT_EQ(seen.of(Measure::kConnection).count(), 1u);
  EXPECT_EQ(seen.of(Measure::kTls).count(), 0u);
}

TEST(Tally, AbortedTransactionHasNoDuration) {
  const Summary seen = summary("ACCEPT FH('/a') BIND[dyn] HTTP[dyn] close('server socket svc fail') CLOSED_HTTP DEST");
  EXPECT_THAT(seen.of(Family::kOutcome), ElementsAre(Pair("aborted", 1)));
  EXPECT_THAT(seen.of(Family::kStatus), ElementsAre(Pair("none", 1)));
  EXPECT_EQ(seen.of(Measure::kTransaction).count(), 0u);
}

TEST(Tally, WhatIsOpenAtTheEndIsCountedWithItsTransaction) {
  const Summary seen = summary("ACCEPT FH('/a') BIND[dyn] HTTP[dyn]");
  EXPECT_EQ(seen.count(Family::kOpen), 2u);
  EXPECT_EQ(seen.count(Family::kConnections), 2u);
  EXPECT_THAT(seen.of(Family::kOutcome), ElementsAre(Pair("open", 1)));
  EXPECT_THAT(seen.of(Family::kClose), IsEmpty());
}

TEST(Tally, LeaksAreFindingsThatWereNeverFreed) {
  const Summary seen = summary("CONTEXT CBIND CONTEXT_END=0 CONTEXT_END=1");
  EXPECT_THAT(seen.of(Family::kFindings),
              ElementsAre(Pair("binding_not_dropped", 1), Pair("connection_not_destroyed", 1)));
  EXPECT_EQ(seen.count(Family::kLeaks), 2u);
  EXPECT_THAT(seen.doubts, IsEmpty());
}

TEST(Tally, LostEventsAreCountedAndDoubtEverything) {
  const Summary seen = summary(kRequest, "exit", {.recorded = 7, .lost = 3, .by_cause = {{"ring_full", 3}}});
  EXPECT_EQ(seen.count(Family::kLost), 3u);
  ASSERT_EQ(seen.doubts.size(), 1u);
  EXPECT_EQ(seen.doubts[0].reach, Reach::kEverything);
}

TEST(Tally, EndDecidesHowFarTheDoubtReaches) {
  EXPECT_EQ(summary(kRequest, nullptr).doubts.at(0).reach, Reach::kCounts);
  EXPECT_EQ(summary(kRequest, "signal").doubts.at(0).reach, Reach::kLeftovers);
  const Summary both = summary(kRequest, nullptr, {.recorded = 7, .lost = 3, .by_cause = {}});
  ASSERT_EQ(both.doubts.size(), 2u);
  EXPECT_EQ(both.doubts[0].reach, Reach::kEverything);
  EXPECT_EQ(both.doubts[1].reach, Reach::kCounts);
}

}  // namespace
}  // namespace wsitrace::test
