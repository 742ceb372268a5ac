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
          << words << " " << diagnosis.cause;
  }
}

}  // namespace
}  // namespace wsitrace::test
