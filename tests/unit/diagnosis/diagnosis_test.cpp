// SPDX-License-Identifier: MIT
//
// What the doctor makes of the course of a connection; who is listed first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/diagnosis/diagnosis_fixture.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::Not;

#define GONE "close('server socket svc fail') DROP('__lws_close_free_wsi') CLOSED_HTTP DEST"

TEST(Diagnosis, OrderlyConnectionsAreNone) {
  EXPECT_EQ(diagnosed({"ACCEPT FH('/a') FFC txnc BIND close('server socket svc fail') CLOSED_HTTP DEST"}), "");
  EXPECT_EQ(diagnosed({"Z:CREATE Z:RBIND[lws-async-dns] Z:RADOPT[lws-async-dns]=5 Z:DEST L:FNET=7 L:DEST"}), "");
  EXPECT_EQ(diagnosed({"CREATE RBIND RADOPT=9 +3000"}), "");
}

TEST(Diagnosis, CountsAreSaidWorstFirst) {
  EXPECT_EQ((SeverityCounts{}).text(), "");
  EXPECT_EQ((SeverityCounts{1, 2, 3}).text(), "1 fault, 2 kinds of trouble, 3 notes");
  EXPECT_EQ((SeverityCounts{0, 1, 0}).text(), "1 kind of trouble");
  EXPECT_EQ((SeverityCounts{2, 0, 1}).text(), "2 faults, 1 note");
}

// Whether the server or the loop was silent is not known of a connect that got no answer at all.
TEST(Diagnosis, ConnectWithoutAnswerNamesTheLoopToo) {
  for (const char *words : {"+5 CBIND NEW=9 +2000", "+5 CBIND CONNECTING NEW=9 +2000",
                            "CONTEXT CBIND NEW=9 +700 close('ctx destroy')=9999 CDROP('__lws_close_free_wsi') DEST"}) {
    EXPECT_EQ(diagnosed({words}), "never_answered 1") << words;
    const Examined examined{Told(words)};
    EXPECT_THAT(examined.doctor.diagnoses()[0].why.back(), HasSubstr("perhaps none has serviced it")) << words;
  }
}

TEST(Diagnosis, ConnectWhileTheLoopServedOthersIsUnanswered) {
  const Told told{"CBIND NEW=9 B:ACCEPT B:FH('/a') B:FFC B:txnc +2000"};
  EXPECT_EQ(diagnosed(told), "never_answered 1");
}

TEST(Diagnosis, LoopThatRanLateIsToldByTheGap) {
  const Told told{
      "CBIND NEW=9 +1500 CREATE PRE_EST=9 CEST PEER_CLOSE=1000 close('close_and_handled') WSCDROP('x') CCLOSED DEST"};
  EXPECT_EQ(diagnosed(told), "serviced_late 1");
}

TEST(Diagnosis, HandlerThatNeverAnsweredOwesAResponse) {
  const char *hangs = "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500";
  EXPECT_EQ(diagnosed({hangs}), "response_owed 2");
  EXPECT_EQ(diagnosed(Told("ACCEPT FH('/d') BIND[dyn] HTTP[dyn]").goes_on()), "");
}

TEST(Diagnosis, ResponseThatWasWrittenWholeIsUnfinishedAndOneThatGoesOnIsNot) {
  EXPECT_EQ(diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=200 +1500"}), "");
  EXPECT_EQ(diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=200 written=0 +1500"}), "response_unfinished 2");
}

TEST(Diagnosis, AlikeConnectionsAreOneDiagnosis) {
  std::string words;
  for (int i = 0; i < 23; ++i) words += "ACCEPT CONFIRM('/w') close('lws_read_h1 bail') DEST ";
  const Examined examined{Told(words)};
  ASSERT_EQ(examined.doctor.diagnoses().size(), 1U);
  const Diagnosis &diagnosis = examined.doctor.diagnoses()[0];
  EXPECT_EQ(diagnosis.cause, Cause::kUpgradeRefused);
  EXPECT_EQ(diagnosis.count, 23U);
  EXPECT_EQ(diagnosis.headline, "the websocket upgrade was refused on 23 accepted connections");
}

TEST(Diagnosis, BodyThatWasPromisedAndNotSentIsUnfinished) {
  const char *begun = "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=200 +1500 ";
  EXPECT_EQ(diagnosed({begun + std::string("part('7/100')=1400")}), "response_unfinished 2");
  EXPECT_EQ(diagnosed({begun + std::string("part('0/100')")}), "response_unfinished 2");
  EXPECT_EQ(diagnosed({begun + std::string("part('7/100')=20")}), "") << "it goes on";
  EXPECT_EQ(diagnosed({begun + std::string("part('7000/')=1400")}), "") << "an event stream promises nothing";
  EXPECT_EQ(diagnosed({begun + std::string("part('7/100')=1400 " GONE)}), "response_unfinished 2");
  const Examined examined{Told(begun + std::string("part('7/100')=1400"))};
  EXPECT_THAT(examined.doctor.diagnoses()[0].why[0], HasSubstr("7 of the 100 bytes of its body"));
  EXPECT_THAT(examined.doctor.diagnoses()[0].advice, testing::StartsWith("write the rest"));
}

TEST(Diagnosis, SecondStatusOfOneRequestIsASecondAnswer) {
  EXPECT_EQ(diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=404 st=200 txnc " GONE}), "answered_twice 2");
  EXPECT_EQ(diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=100 st=200 txnc " GONE}), "");
  EXPECT_EQ(diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=200 txnc FH('/d') HTTP[dyn] st=200 txnc " GONE}), "");
}

TEST(Diagnosis, ConnectionsThatWereServedRightAfterASlowCallbackHadWaited) {
  const char *busy = "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +900 lasted('HTTP')=880 txnc ";
  EXPECT_EQ(diagnosed({busy + std::string("B:ACCEPT B:FH('/a') B:FFC B:txnc C:ACCEPT C:FH('/a') C:FFC C:txnc")}),
            "serviced_late 3 4");
  EXPECT_EQ(diagnosed({busy + std::string("+500 B:ACCEPT B:FH('/a') B:FFC B:txnc")}), "slow_callback 2");
  EXPECT_EQ(diagnosed({"B:ACCEPT ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1900 lasted('HTTP')=1880 txnc"}),
            "loop_blocked 3");
}

TEST(Diagnosis, WhoIsTurnedAwayAtTheListenerIsCounted) {
  const Examined examined{Told("L:FNET=7 L:refused('FNET') +5 L:FNET=7 L:refused('FNET')")};
  ASSERT_EQ(examined.doctor.diagnoses().size(), 1U);
  EXPECT_EQ(examined.doctor.diagnoses()[0].cause, Cause::kRequestRefused);
  EXPECT_EQ(examined.doctor.diagnoses()[0].count, 2U);
  EXPECT_EQ(examined.doctor.turned_away(), 2U);
}

// A diagnosis for each path would be no grouping, and would let a peer make as many as it likes.
TEST(Diagnosis, RequestsThatDifferStayTogether) {
  std::string words;
  for (int i = 0; i < 23; ++i) words += "ACCEPT FH('/" + std::to_string(i) + "') BIND[dyn] HTTP[dyn] +20 " GONE " ";
  const Examined examined{Told(words)};
  ASSERT_EQ(examined.doctor.diagnoses().size(), 1U);
  EXPECT_EQ(examined.doctor.diagnoses()[0].headline,
            "the peer of 23 accepted connections left before the response to GET /0 and others was complete");
}

TEST(Diagnosis, KindsBeyondTheLimitAreCounted) {
  std::string words;
  for (size_t i = 0; i < Doctor::kMaxGroups + 23; ++i)
    words += "ACCEPT FH('/') BIND[p" + std::to_string(i) + "] HTTP[p" + std::to_string(i) + "] +20 " GONE " ";
  const Examined examined{Told(words)};
  EXPECT_EQ(examined.doctor.diagnoses().size(), Doctor::kMaxGroups);
  EXPECT_EQ(examined.doctor.left_out(), 23U);
}

TEST(Diagnosis, WhatIsInferredOrLossyIsLikely) {
  const Examined whole{Told("ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500")};
  EXPECT_EQ(whole.doctor.diagnoses()[0].certainty, Certainty::kProven);
  const Examined lossy{Told("ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500").losing(1)};
  EXPECT_EQ(lossy.doctor.diagnoses()[0].certainty, Certainty::kLikely);
  const Examined inferred{Told("ACCEPT FH('/a') st=200 +5000 CLOSED_HTTP DEST")};
  EXPECT_EQ(inferred.doctor.diagnoses()[0].certainty, Certainty::kLikely);
}

TEST(Diagnosis, FaultsComeBeforeTroublesAndManyBeforeFew) {
  EXPECT_EQ(
      diagnosed({"B:ACCEPT B:FH('/a') +5000 B:CLOSED_HTTP B:DEST C:ACCEPT C:CONFIRM('/w') C:close('lws_read_h1 bail') "
                 "C:DEST E:ACCEPT E:FH('/a') +5000 E:CLOSED_HTTP E:DEST"}),
      "timeout 2 4, upgrade_refused 3");
  EXPECT_THAT(diagnosed({"CONTEXT B:ACCEPT B:CONFIRM('/w') B:close('lws_read_h1 bail') B:DEST C:ACCEPT C:FH('/a') "
                         "C:BIND[dyn] C:HTTP[dyn] CONTEXT_END=0 CONTEXT_END=1"}),
              testing::StartsWith("connection_not_destroyed"));
}

TEST(Diagnosis, PeerThatLeftEarlyAndHandlerThatHungUpAreToldApart) {
  EXPECT_EQ(diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +20 " GONE}), "peer_left_early 2");
  EXPECT_EQ(
      diagnosed({"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] refused('HTTP') close('lws_read_h1 bail') CLOSED_HTTP DEST"}),
      "closed_midway 2");
}

TEST(Diagnosis, RefusedConnectNamesWhatIsWrong) {
  EXPECT_EQ(diagnosed({"CBIND CCE('conn fail: 111') DEST"}), "connection_refused 1");
  EXPECT_EQ(diagnosed({"CBIND CCE('getaddrinfo failed') DEST"}), "name_not_resolved 1");
}

TEST(Diagnosis, UnknownEndIsOne) {
  EXPECT_EQ(diagnosed(Told("ACCEPT FH('/a') FFC BIND DROP('x') CLOSED_HTTP DEST").in(Form::kPlugin).attached("link")),
            "unknown_end 2");
}

TEST(Diagnosis, HeadlineTakesOneAndMany) {
  EXPECT_EQ(filled("{who} {was|were} slow: {detail}", 1, "it", "x"), "it was slow: x");
  EXPECT_EQ(filled("{who} {was|were} slow", 2, "they", ""), "they were slow");
  EXPECT_EQ(filled("nothing to fill", 2, "", ""), "nothing to fill");
}

}  // namespace
}  // namespace wsitrace::test
