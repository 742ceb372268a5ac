// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/export/json/compare_json.h"
#include "agent/export/text/compare_text.h"
#include "tests/unit/compare/summaries.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

Summary before() {
  return Made()
      .count(Family::kClose, "timeout", 4)
      .count(Family::kConnections, "", 23)
      .times(Measure::kTls, 23, 2 * kMs);
}
Summary after() {
  return Made()
      .count(Family::kClose, "timeout", 6)
      .count(Family::kConnections, "", 23)
      .count(Family::kLeaks, "", 7)
      .times(Measure::kTls, 23, 5 * kMs);
}

TEST(CompareText, NothingChangedIsOneLine) {
  EXPECT_EQ(compare_text(compared(before(), before(), {})),
            "nothing changed: 23 connections, 0 transactions in both\n");
}

TEST(CompareText, ChangesAreATableAndRulesFollow) {
  EXPECT_EQ(compare_text(compared(before(), after(), {"leaks", "latency:session.p50", "close:timeout>50%"})),
            "WHAT               BEFORE     AFTER     CHANGE  RELATIVE\n"
            "leaks                   0         7         +7       new  worse\n"
            "close:timeout           4         6         +2   +50.0 %  worse\n"
            "latency:tls.p50  2.000 ms  5.000 ms  +3.000 ms  +150.0 %  worse\n"
            "latency:tls.p90  2.000 ms  5.000 ms  +3.000 ms  +150.0 %  worse\n"
            "broken: leaks: leaks 0 -> 7\n"
            "not judged: latency:session.p50 (too few samples: 0 before, 0 after, and it takes 20 of each)\n"
            "held: close:timeout>50%\n"
            "worse: 1 of 3 rules broken\n");
}

Summary load(uint64_t connections, uint64_t timeouts) {
  return Made().count(Family::kConnections, "", connections).count(Family::kClose, "timeout", timeouts);
}

TEST(CompareText, UnlikeLoadsAreSetBesideEachOtherByShares) {
  EXPECT_EQ(
      compare_text(compared(load(100, 10), load(200, 21), {})),
      "WHAT           BEFORE  AFTER  CHANGE  RELATIVE             SHARE\n"
      "close:timeout      10     21     +11  +110.0 %  10.0 % -> 10.5 %\n"
      "connections       100    200    +100  +100.0 %\n"
      "note: the loads differ (100 connections and 0 transactions before, 200 and 0 after): compare the shares\n");
  EXPECT_THAT(compare_text(compared(load(100, 10), load(200, 31), {})), HasSubstr("10.0 % -> 15.5 %  worse\n"));
  EXPECT_THAT(compare_text(compared(load(100, 10), load(200, 9), {})), HasSubstr("10.0 % -> 4.5 %  better\n"));
  EXPECT_THAT(compare_text(compared(load(100, 10), load(105, 12), {})), Not(HasSubstr("SHARE")));
}

TEST(CompareText, WhatTheFirstTraceCouldNotSeeIsNotNew) {
  Summary plugin = load(23, 0), preload = load(23, 7);
  plugin.attach = "plugin";
  preload.attach = "preload";
  const std::string text = compare_text(compared(plugin, preload, {}));
  EXPECT_THAT(text, HasSubstr("+7  not seen before"));
  EXPECT_THAT(text, HasSubstr("note: the traces were recorded in different ways, plugin and preload: "));
  const Summary lossy = Made().count(Family::kConnections, "", 23).doubt(Reach::kEverything);
  EXPECT_THAT(compare_text(compared(lossy, load(23, 7), {})), HasSubstr("+7  not seen before"));
}

TEST(CompareText, DoubtsAreToldWithTheirTrace) {
  const std::string text = compare_text(compared(Made().doubt(Reach::kEverything), {}, {"leaks"}));
  EXPECT_THAT(text, HasSubstr("doubt: before: 2 events were lost\n"));
  EXPECT_THAT(text, HasSubstr("inconclusive: 1 of 1 rule could not be judged\n"));
}

TEST(CompareText, ColourIsForTerminalsOnly) {
  const Comparison comparison = compared(before(), after(), {});
  EXPECT_THAT(compare_text(comparison), Not(HasSubstr("\x1b")));
  EXPECT_THAT(compare_text(comparison, true), HasSubstr("\x1b[33m"));
}

TEST(CompareText, NamesFromAHostCannotSpeakToTheTerminal) {
  const Summary hostile = Made().count(Family::kVhost, "a\x1b[2J\n", 1);
  EXPECT_THAT(compare_text(compared({}, hostile, {"vhost"})), Not(HasSubstr("\x1b")));
}

TEST(CompareJson, HoldsBothSummariesChangesAndRules) {
  const Json json = Json::parse(compare_json(compared(before(), after(), {"leaks", "latency:session.p50"})));
  EXPECT_EQ(json["schema"], "wsitrace.diff/1");
  EXPECT_EQ(json["exit_status"], 1);
  EXPECT_EQ(json["before"]["counts"][0], Json({{"what", "close:timeout"}, {"count", 4}}));
  EXPECT_EQ(json["after"]["latencies"]["tls"]["count"], 23);
  EXPECT_EQ(json["after"]["latencies"]["tls"]["max_ns"], 5 * kMs);
  EXPECT_EQ(json["after"]["latencies"]["session"]["p50_ns"], nullptr);
  EXPECT_EQ(json["changes"][0]["relative"], nullptr);
  EXPECT_EQ(json["changes"][1], Json({{"what", "close:timeout"},
                                      {"unit", "count"},
                                      {"before", 4},
                                      {"after", 6},
                                      {"absolute", 2},
                                      {"relative", 0.5},
                                      {"tendency", "worse"},
                                      {"share_before", 4 / 23.0},
                                      {"share_after", 6 / 23.0}}));
  EXPECT_EQ(json["rules"][0]["result"], "broken");
  EXPECT_EQ(json["rules"][0]["changes"][0]["what"], "leaks");
  EXPECT_EQ(json["rules"][1]["result"], "not_judged");
  EXPECT_THAT(json["rules"][1]["why"].get<std::string>(), HasSubstr("too few samples"));
}

TEST(CompareJson, HostileNamesStayJson) {
  const Summary hostile = Made().count(Family::kVhost, "a\"\xff\n", 1).doubt(Reach::kCounts);
  const Json json = Json::parse(compare_json(compared(hostile, {}, {"vhost<0"})));
  EXPECT_EQ(json["changes"][0]["what"], "vhost:a\"\xef\xbf\xbd\n");
  EXPECT_EQ(json["before"]["doubts"][0], "2 events were lost");
  EXPECT_EQ(json["exit_status"], 3);
}

}  // namespace
}  // namespace wsitrace::test
