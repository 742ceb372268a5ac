// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/export/diagnosis/diagnosis_text.h"
#include "agent/export/json/diagnosis_json.h"
#include "tests/unit/diagnosis/diagnosis_fixture.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const Told &told) { return diagnosis_text(Examined(told).doctor, {}, "a.wsitrace", 0); }

TEST(DiagnosisText, SummaryCountsConnectionsByHowTheyEnded) {
  const std::string text =
      text_of({"ACCEPT FH('/a') FFC txnc BIND close('server socket svc fail') CLOSED_HTTP DEST "
               "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500"});
  EXPECT_THAT(text, HasSubstr("2 accepted connections: 1 closed by the peer, 1 still open\n"));
  EXPECT_THAT(text, HasSubstr("2 transactions: 1 open, 1 completed\n"));
  EXPECT_THAT(
      text, HasSubstr("Still open at the end of the log:\n  1 accepted connection, h1, protocol dyn: owed a response"));
}

TEST(DiagnosisText, NothingToTellIsOneLine) {
  EXPECT_THAT(text_of({"ACCEPT FH('/a') FFC txnc BIND close('server socket svc fail') CLOSED_HTTP DEST"}),
              HasSubstr("\nNothing needs attention"));
}

TEST(DiagnosisText, WithoutConnectionsStandInsAreExplained) {
  EXPECT_THAT(text_of({"VHOST PROTOCOL_INIT PROTOCOL_DESTROY"}), HasSubstr("no connections: nothing connected"));
}

TEST(DiagnosisText, LossIsSaid) {
  const std::string text = text_of(Told("ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500").losing(3));
  EXPECT_THAT(text, HasSubstr("3 lost"));
}

TEST(DiagnosisText, NothingFoundIsNoPromiseWhereSomethingMayBeMissing) {
  const char *orderly = "ACCEPT FH('/a') FFC txnc BIND close('server socket svc fail') CLOSED_HTTP DEST";
  EXPECT_THAT(text_of(Told(orderly).losing(3)), HasSubstr("\nNothing was found, but events were lost"));
  EXPECT_THAT(text_of(Told(orderly).goes_on()), HasSubstr("\nNothing was found so far; the log has no end yet."));
}

TEST(DiagnosisText, LinesKeepToTheWidth) {
  const std::string text =
      diagnosis_text(Examined(Told("ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500")).doctor, {}, "a", 80);
  for (size_t from = 0, end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    EXPECT_LE(end - from, 90U) << text.substr(from, end - from);  // in bytes: a dash has three
}

constexpr const char *kThreeOwedOneRefused =
    "B:ACCEPT B:FH('/b') B:BIND[dyn] B:HTTP[dyn] C:ACCEPT C:FH('/c') C:BIND[dyn] C:HTTP[dyn] D:ACCEPT D:FH('/d') "
    "D:BIND[dyn] D:HTTP[dyn] E:ACCEPT E:CONFIRM('/w') E:close('lws_read_h1 bail') E:DEST +1500";

std::string chosen_text(const DiagnosisChoice &choice) {
  return diagnosis_text(Examined(kThreeOwedOneRefused, Doctor::Evidence::kOfEach).doctor, {}, "a.wsitrace", 0, choice);
}

TEST(DiagnosisText, EachDiagnosisSaysWhereItsPageIs) {
  const std::string text = text_of(kThreeOwedOneRefused);
  EXPECT_THAT(text, HasSubstr("\n  More: wsitrace explain --cause response_owed\n"));
  EXPECT_THAT(text, HasSubstr("\n  More: wsitrace explain --cause upgrade_refused\n"));
}

TEST(DiagnosisText, EvidenceOfEachConnectionIsShownWhereAllIsWanted) {
  EXPECT_THAT(text_of(kThreeOwedOneRefused), Not(HasSubstr("Evidence of each connection")));
  const std::string text = chosen_text({std::nullopt, true});
  EXPECT_THAT(text, HasSubstr("  Evidence of each connection:\n    2: The handler of protocol 'dyn'"));
  EXPECT_THAT(text, HasSubstr("\n    3: The handler"));
  EXPECT_THAT(text, HasSubstr("\n    4: The handler"));
  EXPECT_THAT(text, HasSubstr("upgrade_refused, "));
}

TEST(DiagnosisText, OneCauseStandsAlone) {
  const std::string text = chosen_text({Cause::kResponseOwed, true});
  EXPECT_THAT(text, testing::StartsWith("Trouble: 3 accepted connections are owed a response"));
  EXPECT_THAT(text, HasSubstr("\n    4: The handler"));
  EXPECT_THAT(text, Not(HasSubstr("upgrade_refused")));
  EXPECT_THAT(text, Not(HasSubstr("Still open")));
}

TEST(DiagnosisText, CauseThatNothingHasNamesWhatThereIs) {
  EXPECT_EQ(chosen_text({Cause::kTimeout, true}),
            "a.wsitrace: nothing of cause timeout (it has response_owed, upgrade_refused)\n");
}

TEST(DiagnosisJson, EvidenceOfEachIsThereWhereAllIsWanted) {
  const Examined examined(kThreeOwedOneRefused, Doctor::Evidence::kOfEach);
  const auto all = nlohmann::json::parse(diagnosis_json(examined.doctor));
  EXPECT_EQ(all["diagnoses"].size(), 2U);
  EXPECT_FALSE(all["diagnoses"][0].contains("evidence_of_each"));
  const auto one = nlohmann::json::parse(diagnosis_json(examined.doctor, {Cause::kResponseOwed, true}));
  ASSERT_EQ(one["diagnoses"].size(), 1U);
  const auto each = one["diagnoses"][0]["evidence_of_each"];
  ASSERT_EQ(each.size(), 3U);
  EXPECT_EQ(each[2]["connection"], 4);
  EXPECT_EQ(each[2]["evidence"].size(), one["diagnoses"][0]["evidence"].size());
}

TEST(DiagnosisJson, NamesSchemaCauseSeverityAndEvidence) {
  const auto json =
      nlohmann::json::parse(diagnosis_json(Examined(Told("ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500")).doctor));
  EXPECT_EQ(json["schema"], "wsitrace.diagnosis/1");
  ASSERT_EQ(json["diagnoses"].size(), 1U);
  const auto &first = json["diagnoses"][0];
  EXPECT_EQ(first["cause"], "response_owed");
  EXPECT_EQ(first["severity"], "trouble");
  EXPECT_EQ(first["certainty"], "proven");
  EXPECT_EQ(first["connections"], nlohmann::json::array({2}));
  EXPECT_FALSE(first["evidence"].empty());
}

// A diagnosis that is proven says how it is known.
TEST(DiagnosisJson, ProvenMeansThatThereIsEvidence) {
  for (const char *words : {"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500", "CBIND CCE('conn fail: 111') DEST",
                            "ACCEPT CONFIRM('/w') close('lws_read_h1 bail') DEST"}) {
    const Examined examined{Told(words)};
    for (const Diagnosis &diagnosis : examined.doctor.diagnoses())
      EXPECT_TRUE(diagnosis.certainty == Certainty::kLikely || !diagnosis.why.empty())
          << words << " " << name_of(diagnosis.cause);
  }
}

}  // namespace
}  // namespace wsitrace::test
