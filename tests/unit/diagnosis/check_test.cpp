// SPDX-License-Identifier: MIT
#include "agent/diagnosis/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace wsitrace::test {
namespace {

using testing::ElementsAre;

Verdict verdict(size_t findings, size_t doubts) {
  Verdict made;
  made.findings.resize(findings);
  made.doubts.resize(doubts, "2 events were lost");
  made.conclude();
  return made;
}

Check check_of(std::vector<Verdict> verdicts) {
  Check check;
  check.verdicts = std::move(verdicts);
  return check;
}

TEST(Check, DoubtsOutweighFindingsAndFindingsACleanVerdict) {
  EXPECT_EQ(check_of({verdict(0, 0), verdict(0, 0)}).exit_status(), 0);
  EXPECT_EQ(check_of({verdict(0, 0), verdict(2, 0)}).exit_status(), 1);
  EXPECT_EQ(check_of({verdict(0, 3), verdict(0, 0)}).exit_status(), 3);
  EXPECT_EQ(check_of({verdict(0, 3), verdict(2, 0)}).exit_status(), 3);
  EXPECT_EQ(check_of({verdict(2, 3)}).exit_status(), 3);
}

TEST(Check, NothingAtAllIsInconclusiveAndSaysSo) {
  EXPECT_EQ(Check{}.exit_status(), 3);
  ASSERT_EQ(doubts_of(Check{}).size(), 1u);
  EXPECT_EQ(doubts_of(Check{})[0].doubt, "nothing was recorded");
}

TEST(Check, DoubtOfOneAmongSeveralProcessesNamesProgramAndPid) {
  Check check = check_of({verdict(0, 1), verdict(0, 0), verdict(0, 1)});
  check.verdicts[0].program = check.verdicts[1].program = check.verdicts[2].program = "shopd";
  check.verdicts[0].pid = 4711;
  check.verdicts[2].pid = 4713;
  ASSERT_EQ(doubts_of(check).size(), 2u);
  EXPECT_EQ(doubts_of(check)[0].line, "shopd (PID 4711): 2 events were lost");
  EXPECT_EQ(doubts_of(check)[1].line, "shopd (PID 4713): 2 events were lost");
  check.verdicts.resize(1);
  EXPECT_EQ(doubts_of(check)[0].line, "2 events were lost");
}

TEST(Check, StaleRuleFailsOnlyWhenStrict) {
  Check check = check_of({verdict(0, 0)});
  check.rules = {{"a:1", "kind=*", 2, 0}, {"a:2", "kind=peer_gone", 0, 0}};
  EXPECT_EQ(check.exit_status(), 0);
  check.strict_allow = true;
  EXPECT_EQ(check.exit_status(), 1);
}

TEST(Check, RuleThatWasTooSmallIsNotStale) {
  Check check = check_of({verdict(0, 0)});
  check.strict_allow = true;
  check.rules = {{"a:1", "kind=*", 0, 5}};
  EXPECT_EQ(check.exit_status(), 0);
}

TEST(Check, StaleRulesDoNotHideThatNothingCanBePromised) {
  Check check = check_of({verdict(0, 1)});
  check.strict_allow = true;
  check.rules = {{"a:1", "kind=*", 0, 0}};
  EXPECT_EQ(check.exit_status(), 3);
}

TEST(Check, FindingsOfAllProcessesComeWorstKindFirst) {
  Check check = check_of({verdict(2, 0), verdict(1, 0)});
  check.verdicts[0].findings[0].kind = Cause::kPeerGone;
  check.verdicts[0].findings[1].kind = Cause::kConnectionsGrow;
  check.verdicts[1].findings[0].kind = Cause::kBindingNotDropped;
  std::vector<Cause> kinds;
  for (const CheckedFinding &checked : findings_of(check)) kinds.push_back(checked.finding->kind);
  EXPECT_THAT(kinds, ElementsAre(Cause::kBindingNotDropped, Cause::kPeerGone, Cause::kConnectionsGrow));
}

TEST(Check, TimesAreSinceTheStartAndUnknownOnesStayUnknown) {
  Verdict started;
  started.started_ns = 1000;
  EXPECT_EQ(since_start(started, OptionalNs(1007)), OptionalNs(7));
  EXPECT_EQ(since_start(started, OptionalNs(993)), OptionalNs(0));
  EXPECT_EQ(since_start(started, std::nullopt), std::nullopt);
}

TEST(FaultCauses, AreAllThereAreAndHaveNamesAndAdviceOfTheirOwn) {
  std::set<std::string> names;
  for (const Cause kind : fault_causes()) {
    EXPECT_TRUE(names.insert(name_of(kind)).second);
    EXPECT_NE(std::string(row_of(kind).advice), "");
  }
  EXPECT_GE(names.size(), 9u);
}

}  // namespace
}  // namespace wsitrace::test
