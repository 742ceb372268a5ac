// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/export/text/verdict_text.h"
#include "agent/export/verdict_json.h"
#include "tests/unit/formats/check_fixture.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

TEST(VerdictText, EveryConclusionSaysWhatFollows) {
  EXPECT_EQ(verdict_text(clean_check()), "no leaks: 23 connections, 0 events lost\n");
  EXPECT_EQ(verdict_text(inconclusive_check()),
            "doubt: 2 events were lost\ninconclusive: no leak was seen, but that cannot be promised\n");
  EXPECT_EQ(verdict_text(Check{}),
            "doubt: nothing was recorded\ninconclusive: no leak was seen, but that cannot be promised\n");
  Check lossy = failed_check();
  lossy.verdicts[0].doubts = {"2 events were lost"};
  lossy.verdicts[0].conclude();
  EXPECT_THAT(verdict_text(lossy), HasSubstr("inconclusive: 1 finding, and there may be more\n"));
}

TEST(VerdictText, FindingHasPlaceTimesAdviceAndAnExample) {
  const std::string advice = row_of(Cause::kConnectionNotDestroyed).advice;
  EXPECT_EQ(verdict_text(failed_check(), {{{7, "connection 7: client\n  0.250  opened\n"}}}),
            "connection_not_destroyed: 2 connections of app were never destroyed\n"
            "  vhost app, protocol dyn, connections 7, 11\n"
            "  since 0.250 s, last event at 1.000 s, 3.100 s old at the end\n"
            "  last in charge: HTTP of protocol dyn\n"
            "  what to do: " +
                advice +
                "\n  what happened on one of them:\n    connection 7: client\n      0.250  opened\n1 finding: 23 "
                "connections, 0 events lost\n");
}

TEST(VerdictText, FindingsAreGroupedByKindWorstFirst) {
  Check check;
  check.verdicts = {some_verdict({some_finding(Cause::kPeerGone), some_finding(Cause::kConnectionNotDestroyed),
                                  some_finding(Cause::kPeerGone, "other")})};
  const std::string text = verdict_text(check);
  EXPECT_LT(text.find("connection_not_destroyed:"), text.find("peer_gone:"));
  const std::string advice = row_of(Cause::kPeerGone).advice;
  EXPECT_EQ(text.find(advice), text.rfind(advice));
  EXPECT_THAT(text, HasSubstr("3 findings: 23 connections, 0 events lost\n"));
}

TEST(VerdictText, ManyConnectionsAndFindingsAreCutAndCounted) {
  Finding finding = some_finding(Cause::kPeerGone);
  finding.connections.assign(23, 7);
  finding.count = 1009;
  Check check;
  check.verdicts = {some_verdict(std::vector<Finding>(23, finding))};
  EXPECT_THAT(verdict_text(check), HasSubstr(", 7 and 999 more\n"));
  EXPECT_THAT(verdict_text(check), HasSubstr("peer_gone: 3 findings more\n"));
}

TEST(VerdictText, NamesOfTheHostAreEscaped) {
  EXPECT_THAT(verdict_text(failed_check("v\x1b[31m\n")), HasSubstr("vhost v\\x1b[31m\\n, protocol"));
  EXPECT_THAT(verdict_text(failed_check(kHostile)), Not(HasSubstr("\x1b")));
}

TEST(VerdictText, RulesSayWhatBecameOfThem) {
  Check check = clean_check();
  check.rules = {{"a:1", "kind=*", 2, 0}, {"a:2", "kind=peer_gone", 0, 0}, {"a:3", "kind=peer_gone count=1", 1, 7}};
  EXPECT_EQ(verdict_text(check),
            "a:1: kind=*: allowed 2\na:2: kind=peer_gone: stale, it allowed nothing\n"
            "a:3: kind=peer_gone count=1: allowed 1; 7 more would exceed its count\nno leaks: 23 connections, 0 events "
            "lost\n");
  check.strict_allow = true;
  EXPECT_THAT(verdict_text(check),
              HasSubstr("no leaks: 23 connections, 0 events lost, but the allow-list has stale rules\n"));
}

TEST(VerdictText, LiveAtExitIsTold) {
  Check check = clean_check();
  check.verdicts[0].live_at_exit = 1;
  EXPECT_THAT(verdict_text(check), HasSubstr("still open at the end, as was the lws context: 1 connection\n"));
}

TEST(VerdictText, TroubleIsToldAndTheNextCommandNamed) {
  const Check check = troubled_check();
  EXPECT_EQ(verdict_text(check),
            "trouble: 3 accepted connections were turned away\n`wsitrace explain server.wsitrace` tells more\n"
            "no leaks: 23 connections, 0 events lost; 1 kind of trouble\n");
  EXPECT_EQ(check.exit_status(), 0);
}

TEST(VerdictText, NotesAreCounted) {
  Check check = troubled_check();
  check.verdicts[0].notes = 2;
  EXPECT_THAT(verdict_text(check), EndsWith("no leaks: 23 connections, 0 events lost; 1 kind of trouble, 2 notes\n"));
  check.verdicts[0].troubles.clear();
  EXPECT_THAT(verdict_text(check), EndsWith("no leaks: 23 connections, 0 events lost; 2 notes\n"));
}

TEST(VerdictText, SeveralProcessesAreNamed) {
  Check check = failed_check();
  EXPECT_THAT(verdict_text(check), Not(HasSubstr("in server\n")));
  check.verdicts.push_back(clean_check().verdicts[0]);
  EXPECT_THAT(verdict_text(check), HasSubstr("in server\nconnection_not_destroyed"));
}

TEST(Examples, AreTheFirstConnectionOfEachKind) {
  Verdict verdict = some_verdict({some_finding(Cause::kPeerGone), some_finding(Cause::kPeerGone),
                                  some_finding(Cause::kContextNotDestroyed), some_finding(Cause::kBindingNotDropped)});
  verdict.findings[1].connections = {23};
  verdict.findings[2].connections = {};
  verdict.findings[3].connections = {5, 6};
  EXPECT_EQ(examples_for(verdict), (std::set<uint64_t>{5, 7}));
}

TEST(Examples, TellOfOpenAndOfClosedConnections) {
  Timeline timeline;
  Examples examples(timeline, {1, 2, 1009});
  timeline.add(examples);
  Script(timeline, Form::kPlugin).play("A:CBIND B:CBIND C:CBIND A:DEST C:DEST");
  const ExampleTexts texts = examples.texts();
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_THAT(texts.at(1), HasSubstr("connection 1: "));
  EXPECT_THAT(texts.at(1), HasSubstr("closed"));
  EXPECT_THAT(texts.at(2), HasSubstr("connection 2: "));
}

TEST(Examples, MiddleOfALongTimelineIsLeftOut) {
  Timeline timeline;
  Examples examples(timeline, {1});
  timeline.add(examples);
  std::string words = "CREATE";
  for (int i = 0; i < 53; ++i) words += " BIND DROP('x')";
  Script(timeline, Form::kPlugin).play(words);
  const std::string text = examples.texts().at(1);
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), kExampleLines);
  EXPECT_THAT(text, HasSubstr(" more lines\n"));
}

TEST(VerdictJson, SaysWhatWasFoundWhereAndSinceWhen) {
  Check check = failed_check();
  check.rules = {{"allow.txt:3", "kind=*", 2, 1}};
  const Json json = Json::parse(verdict_json(check));
  EXPECT_EQ(json["schema"], "wsitrace.check/1");
  EXPECT_EQ(json["verdict"], "findings");
  EXPECT_EQ(json["exit_status"], 1);
  const Json finding = json["findings"][0];
  EXPECT_EQ(finding, Json::parse(R"({"kind":"connection_not_destroyed","program":"server","pid":4711,"connection":7,
      "connections":[7,11],"certain":true,"count":2,"vhost":"app","protocol":"dyn","stacks":null,"callback":null,"last_callback":"HTTP of protocol dyn",
      "first_ns":250000000,"last_ns":1000000000,"age_ns":3100000000,
      "message":"2 connections of app were never destroyed","advice":")" +
                                 std::string(row_of(Cause::kConnectionNotDestroyed).advice) + "\"}"));
  EXPECT_EQ(json["rules"][0],
            Json::parse(R"({"where":"allow.txt:3","rule":"kind=*","used":2,"over":1,"stale":false})"));
}

TEST(VerdictJson, TroublesAreAsInADiagnosis) {
  const Json json = Json::parse(verdict_json(troubled_check()));
  EXPECT_EQ(json["exit_status"], 0);
  EXPECT_EQ(json["connections"], 23);
  EXPECT_EQ(json["lost"], 0);
  EXPECT_EQ(json["troubles"], Json::parse(R"([{"cause":"request_refused","severity":"trouble","certainty":"proven",
      "sentence":"3 accepted connections were turned away","count":3,"connections":[5,7,11],"vhost":"app","protocol":null,
      "first_ns":250000000,"last_ns":null,"callback":null,"evidence":["A callback returned 1."],"advice":"return 0"}])"));
}

TEST(VerdictJson, UnknownIsNull) {
  Check check = failed_check();
  check.verdicts[0].findings = {Finding{}};
  const Json finding = Json::parse(verdict_json(check))["findings"][0];
  for (const char *name : {"connection", "vhost", "protocol", "last_callback", "first_ns", "last_ns", "age_ns"})
    EXPECT_TRUE(finding[name].is_null()) << name;
}

TEST(VerdictJson, DoubtsAreTold) {
  const Json json = Json::parse(verdict_json(inconclusive_check()));
  EXPECT_EQ(json["verdict"], "inconclusive");
  EXPECT_EQ(json["exit_status"], 3);
  EXPECT_EQ(json["doubts"], Json({"2 events were lost"}));
}

}  // namespace
}  // namespace wsitrace::test
