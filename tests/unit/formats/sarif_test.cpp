// SPDX-License-Identifier: MIT
#include "agent/export/sarif/sarif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/unit/formats/check_fixture.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;

Json run_of(const Check &check) {
  const Json log = Json::parse(sarif(check));
  EXPECT_EQ(log["version"], "2.1.0");
  EXPECT_EQ(log["runs"].size(), 1u);
  return log["runs"][0];
}

TEST(Sarif, RulesAreTheKindsWithTheirAdvice) {
  const Json rules = run_of(clean_check())["tool"]["driver"]["rules"];
  const auto troubles = std::count_if(std::begin(kCauseRows), std::end(kCauseRows),
                                      [](const CauseRow &row) { return row.severity == Weight::kTrouble; });
  ASSERT_EQ(rules.size(), fault_causes().size() + static_cast<size_t>(troubles));
  EXPECT_EQ(rules[0]["id"], "connection_not_destroyed");
  EXPECT_EQ(rules[0]["name"], "ConnectionNotDestroyed");
  EXPECT_EQ(rules[static_cast<size_t>(Cause::kContextNotDestroyed)]["help"]["text"],
            "Call lws_context_destroy() for each context.");
}

TEST(Sarif, RulesHaveTheManualsPageAndItsAddress) {
  const Json rules = run_of(clean_check())["tool"]["driver"]["rules"];
  for (const Json &rule : rules) {
    const std::string name = rule["id"];
    EXPECT_THAT(rule["help"]["markdown"], testing::StartsWith("# " + name + "\n")) << name;
    EXPECT_THAT(rule["helpUri"], testing::MatchesRegex("[a-z]+://.*/causes/" + name + "\\.md")) << name;
  }
}

TEST(Sarif, CleanRunHasNoResultsAndSucceeded) {
  const Json run = run_of(clean_check());
  EXPECT_EQ(run["results"], Json::array());
  EXPECT_EQ(run["invocations"][0]["exitCode"], 0);
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], true);
}

TEST(Sarif, FindingIsAResultWithPlaceAndFacts) {
  const Json run = run_of(failed_check());
  const Json result = run["results"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<size_t>()]["id"], result["ruleId"]);
  EXPECT_EQ(result["level"], "error");
  EXPECT_EQ(result["message"]["text"], "2 connections of app were never destroyed.");
  EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "server");
  const Json logical = result["locations"][0]["logicalLocations"];
  ASSERT_EQ(logical.size(), 4u);
  EXPECT_EQ(logical[0]["name"], "app");
  EXPECT_EQ(logical[1]["fullyQualifiedName"], "server/app/dyn");
  EXPECT_EQ(logical[3]["fullyQualifiedName"], "server/app/dyn/connection 11");
  EXPECT_EQ(result["properties"]["first_ns"], 250'000'000);
  EXPECT_EQ(result["properties"]["count"], 2);
  EXPECT_EQ(result["properties"]["connections"], Json({7, 11}));
  EXPECT_EQ(run["invocations"][0]["exitCode"], 1);
}

TEST(Sarif, TroubleIsAWarningAndDoesNotFailTheRun) {
  const Json run = run_of(troubled_check());
  const Json result = run["results"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<size_t>()]["id"], "request_refused");
  EXPECT_EQ(result["ruleId"], "request_refused");
  EXPECT_EQ(result["level"], "warning");
  EXPECT_EQ(result["message"]["text"], "3 accepted connections were turned away.");
  EXPECT_EQ(result["properties"]["evidence"], Json({"A callback returned 1."}));
  EXPECT_EQ(run["invocations"][0]["exitCode"], 0);
}

TEST(Sarif, FingerprintDependsOnNothingThatDiffersFromRunToRun) {
  Check other = failed_check();
  other.verdicts[0].findings[0].connections = {1009};
  other.verdicts[0].findings[0].first_ns = 7'000'000'000;
  other.verdicts[0].findings[0].message = "1009 were";
  const auto fingerprint = [](const Check &check) { return run_of(check)["results"][0]["partialFingerprints"]; };
  EXPECT_EQ(fingerprint(other), fingerprint(failed_check()));
  EXPECT_NE(fingerprint(failed_check("b")), fingerprint(failed_check("a")));
}

TEST(Sarif, DoubtsAndStaleRulesAreNotifications) {
  Check check = inconclusive_check();
  check.rules = {{"allow.txt:3", "kind=peer_gone", 0, 0}, {"allow.txt:4", "kind=*", 2, 0}};
  const Json invocation = run_of(check)["invocations"][0];
  EXPECT_EQ(invocation["exitCode"], 3);
  EXPECT_EQ(invocation["executionSuccessful"], false);
  EXPECT_EQ(invocation["toolExecutionNotifications"][0]["message"]["text"], "server: 2 events were lost.");
  ASSERT_EQ(invocation["toolConfigurationNotifications"].size(), 1u);
  EXPECT_EQ(invocation["toolConfigurationNotifications"][0]["message"]["text"],
            "allow.txt:3: the rule allowed nothing: kind=peer_gone");
}

TEST(Sarif, NamesAreReadBackCharacterByCharacter) {
  const std::string name = "a%,:\n\r\"'<&>|`\\\t\x01\x1b\x7f\xc3\xa9";
  const Json result = run_of(failed_check(name))["results"][0];
  EXPECT_EQ(result["properties"]["vhost"], name);
  EXPECT_EQ(result["locations"][0]["logicalLocations"][0]["name"], name);
  EXPECT_EQ(result["message"]["text"], "2 connections of " + name + " were never destroyed.");
}

TEST(Sarif, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(run_of(failed_check("a\xff"))["results"][0]["properties"]["vhost"], "a\xef\xbf\xbd");
}

TEST(Sarif, ProgramBecomesAReferenceWhateverItsName) {
  Check check = failed_check();
  check.verdicts[0].program = "a b:%\xff.c";
  EXPECT_EQ(run_of(check)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "a%20b%3A%25%FF.c");
}

// The place of the first frame of the one finding.
Json place_of(const std::string &file, const std::string &root) {
  Check check = failed_check();
  Frame frame;
  frame.file = file;
  frame.line = 41;
  check.verdicts[0].findings[0].created_at = {frame};
  const Json run = Json::parse(sarif(check, SourceRoot(root)))["runs"][0];
  return run["results"][0]["stacks"][0]["frames"][0]["location"]["physicalLocation"]["artifactLocation"];
}

TEST(Sarif, SourceBelowTheRootIsRelativeToIt) {
  const Json place = place_of("/srv/me/my work/src/a b.c", "/srv/me/my work/");
  EXPECT_EQ(place, Json({{"uri", "src/a%20b.c"}, {"uriBaseId", "%SRCROOT%"}}));
  EXPECT_EQ(place_of("/src/a.c", "/"), Json({{"uri", "src/a.c"}, {"uriBaseId", "%SRCROOT%"}}));
}

TEST(Sarif, SourceElsewhereIsAFileUri) {
  EXPECT_EQ(place_of("/usr/include/c++/12/a%b.h", "/srv/me"),
            Json({{"uri", "file:///usr/include/c%2B%2B/12/a%25b.h"}}));
  EXPECT_EQ(place_of("/srv/melinda/a.c", "/srv/me"), Json({{"uri", "file:///srv/melinda/a.c"}}));
  EXPECT_EQ(place_of("/srv/me/../you/a.c", "/srv/me"), Json({{"uri", "file:///srv/you/a.c"}}));
}

TEST(Sarif, SourceThatTheCompilerMadeRelativeIsBelowTheRootWhenItIsThere) {
  const std::string root = testing::TempDir();
  std::ofstream(root + "/sarif test.c") << "int a;";
  EXPECT_EQ(place_of("./sarif test.c", root), Json({{"uri", "sarif%20test.c"}, {"uriBaseId", "%SRCROOT%"}}));
  EXPECT_EQ(place_of("./no such.c", root), Json({{"uri", "no%20such.c"}}));
  EXPECT_EQ(place_of("../src/a.c", root), Json({{"uri", "../src/a.c"}}));
}

TEST(Sarif, RootIsAFolder) {
  const auto base = [](const char *root) {
    return Json::parse(sarif(clean_check(), SourceRoot(root)))["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"];
  };
  EXPECT_EQ(base("/srv/my work"), "file:///srv/my%20work/");
  EXPECT_EQ(base("/"), "file:///");
}

}  // namespace
}  // namespace wsitrace::test
