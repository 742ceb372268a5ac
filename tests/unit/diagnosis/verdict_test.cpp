// SPDX-License-Identifier: MIT
#include "agent/diagnosis/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class VerdictTest : public testing::Test {
 protected:
  Verdict judged(const char *words, const char *end, const Loss &loss = {}) {
    Judge judge;
    Timeline timeline(judge);
    Script script(timeline, Form::kPreload);
    script.play(words);
    timeline.on_loss(loss);
    if (end != nullptr) script.end(end);
    return judge.verdict(timeline);
  }

  TimelineObserver nobody_;
};

constexpr const char *kGoesDown = "CONTEXT L:FNET=7 CONTEXT_END=0 L:DEST CONTEXT_END=1";

TEST_F(VerdictTest, CleanShutdownIsClean) {
  const Verdict verdict = judged(kGoesDown, "exit");
  EXPECT_EQ(verdict.conclusion, Conclusion::kClean);
  EXPECT_EQ(verdict.exit_status(), 0);
  EXPECT_THAT(verdict.doubts, IsEmpty());
}

TEST_F(VerdictTest, ConnectionThatOutlivedItsContextIsAFinding) {
  const Verdict verdict = judged("CONTEXT CBIND CONTEXT_END=0 CONTEXT_END=1", "exit");
  EXPECT_EQ(verdict.exit_status(), 1);
  ASSERT_EQ(verdict.findings.size(), 2u);
  EXPECT_EQ(verdict.findings[0].kind, Cause::kConnectionNotDestroyed);
  EXPECT_THAT(verdict.findings[0].connections, ElementsAre(1));
  EXPECT_EQ(verdict.findings[1].kind, Cause::kBindingNotDropped);
  EXPECT_EQ(verdict.findings[1].protocol, "p0");
}

TEST_F(VerdictTest, ConnectWithinWhichThePluginWasStartedIsNoFinding) {
  const auto findings_of = [](const char *attach) {
    Judge judge;
    Timeline timeline(judge);
    Script script(timeline, Form::kPreload);
    ProcessFacts facts;
    facts.attach = attach;
    facts.lws_version = "4.1.6";
    timeline.on_process(facts);
    script.play("CONTEXT CBIND CONTEXT_END=0 CONTEXT_END=1");
    script.end("exit");
    return judge.verdict(timeline).findings.size();
  };
  EXPECT_EQ(findings_of("plugin"), 0U);
  EXPECT_EQ(findings_of("link"), 2U);
}

TEST_F(VerdictTest, LiveAtExitIsNoLeak) {
  const Verdict verdict = judged("CONTEXT CBIND", "exit");
  EXPECT_EQ(verdict.exit_status(), 0);
  EXPECT_EQ(verdict.live_at_exit, 1u);
}

TEST_F(VerdictTest, WhatIsOpenAtExitIsAFindingWhereAllMustBeClosed) {
  Judge judge;
  judge.require_closed();
  Timeline timeline(judge);
  Script script(timeline, Form::kPreload);
  script.play("CONTEXT L:FNET=7 A:ACCEPT B:ACCEPT B:CLOSED_HTTP B:DEST");
  EXPECT_THAT(judge.verdict(timeline).findings, IsEmpty());  // it goes on
  script.end("exit");
  const Verdict verdict = judge.verdict(timeline);
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].kind, Cause::kConnectionLeftOpen);
  EXPECT_EQ(verdict.findings[0].count, 1u);
  EXPECT_EQ(verdict.live_at_exit, 0u);
  EXPECT_EQ(verdict.connections, 2u);
  EXPECT_EQ(verdict.exit_status(), 1);
}

TEST_F(VerdictTest, AnotherContextKeepsItsConnections) {
  const Verdict verdict = judged("A:CONTEXT B:CONTEXT C:CBIND A:CONTEXT_END=0 A:CONTEXT_END=1", "exit");
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].kind, Cause::kContextNotDestroyed);
  EXPECT_EQ(verdict.live_at_exit, 1u);
}

TEST_F(VerdictTest, BindingSettledByDestroyIsNoFinding) {
  EXPECT_EQ(judged("CONTEXT CBIND DEST CONTEXT_END=0 CONTEXT_END=1", "exit").exit_status(), 0);
}

TEST_F(VerdictTest, LossMakesItInconclusive) {
  const Verdict verdict = judged(kGoesDown, "exit", {.recorded = 9, .lost = 2, .by_cause = {{"ring_full", 2}}});
  EXPECT_EQ(verdict.exit_status(), 3);
  EXPECT_THAT(verdict.doubts, ElementsAre("2 events were lost, ring_full 2"));
}

TEST_F(VerdictTest, FindingsAreListedInSpiteOfLoss) {
  const Verdict verdict =
      judged("CONTEXT CBIND CONTEXT_END=0 CONTEXT_END=1", "exit", {.recorded = 9, .lost = 1, .by_cause = {}});
  EXPECT_EQ(verdict.exit_status(), 3);
  ASSERT_EQ(verdict.findings.size(), 2u);
  EXPECT_FALSE(verdict.findings[0].certain);
  EXPECT_THAT(verdict.findings[0].message, HasSubstr("perhaps "));
  EXPECT_THAT(verdict.doubts, ElementsAre("1 event was lost"));
}

TEST_F(VerdictTest, LogWithoutEndIsInconclusive) { EXPECT_EQ(judged(kGoesDown, nullptr).exit_status(), 3); }

TEST_F(VerdictTest, KilledHostIsInconclusive) {
  const Verdict verdict = judged("CONTEXT CBIND", "signal");
  EXPECT_EQ(verdict.exit_status(), 3);
  EXPECT_THAT(verdict.doubts, ElementsAre(HasSubstr("signal")));
}

TEST_F(VerdictTest, HostThatRecordedNothingIsInconclusive) {
  Timeline timeline(nobody_);
  ProcessFacts facts;
  facts.notice = "libwebsockets is linked statically";
  timeline.on_process(facts);
  timeline.on_end({.kind = "exit", .status = 0, .mono_ns = {}});
  EXPECT_EQ(judge_what_is_left(timeline).exit_status(), 3);
}

TEST_F(VerdictTest, UnobservedVhostIsADoubt) {
  Timeline timeline(nobody_);
  ProcessFacts facts;
  facts.trouble = {{"vhost_not_found", 1}, {"string_overflow", 4}};
  timeline.on_process(facts);
  timeline.on_end({.kind = "exit", .status = 0, .mono_ns = {}});
  EXPECT_THAT(judge_what_is_left(timeline).doubts, ElementsAre(HasSubstr("vhost_not_found 1")));
}

}  // namespace
}  // namespace wsitrace::test
