// SPDX-License-Identifier: MIT
//
// Lines of lws's log: what ends next is what they are about.
#include <gtest/gtest.h>

#include "agent/lws/said.h"
#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

std::string said(const std::string &word, Said what, const std::string &more = "") {
  return " " + word + "=" + std::to_string(static_cast<int>(what)) + more + " ";
}

class LwsSaid : public testing::Test {
 protected:
  std::string close_after(const std::string &words, char wsi = 'A') {
    script_.play(words);
    const Close &close = *recorder_.on(Script::pointer(wsi)).close;
    return std::string(name_of(close.reason)) + " by " + name_of(close.by) + " [" + name_of(close.evidence) + "] " +
           close.detail;
  }
  Recorder recorder_;
  Timeline timeline_{recorder_};
  Script script_{timeline_, Form::kPreload};
};

TEST_F(LwsSaid, RefusedHttp2InputIsLwssDoing) {
  EXPECT_EQ(close_after("ACCEPT" + said("said", Said::kTooManyStreams) + "close('lws_read_h2 bail') DEST"),
            "protocol_error by lws [close_call] lws_read_h2 bail");
}

TEST_F(LwsSaid, AGoawayNamesWhatWasWrong) {
  script_.play("ACCEPT B:CREATE B:FH('/1')<A C:CREATE C:FH('/2')<A");
  close_after(said("A:said_of('Another stream not allowed')", Said::kGoaway, "#1") +
              "A:close('lws_read_h2 bail') B:DEST C:DEST A:DEST");
  const Close &close = *recorder_.on(Script::pointer('A')).close;
  EXPECT_EQ(close.said, Said::kTooManyStreams);
  EXPECT_EQ(close.said_number, 2u);  // streams that were open
  EXPECT_EQ(close.said_text, "Another stream not allowed");
}

TEST_F(LwsSaid, AGoawayOfThePeerIsThePeersDoing) {
  EXPECT_EQ(close_after("ACCEPT" + said("said", Said::kGoawayFromPeer, "#2") + "close('lws_read_h2 bail') DEST"),
            "peer_closed by peer [close_call] lws_read_h2 bail");
}

TEST_F(LwsSaid, WithoutAHeaderTableLwsEndsTheConnection) {
  EXPECT_EQ(close_after("ACCEPT" + said("said", Said::kNoHeaderTable) + "close('lws_read_h2 bail') DEST"),
            "protocol_error by lws [close_call] lws_read_h2 bail");
}

TEST_F(LwsSaid, OfABodyThatIsNoFormTheCallbackEndsTheConnection) {
  EXPECT_EQ(close_after("ACCEPT FH('/a') BIND HTTP" + said("said", Said::kNoForm) +
                        "refused('BODY_DONE') close('lws_read_h1 bail') DEST"),
            "handler_closed by local [callback_result] lws_read_h1 bail");
}

TEST_F(LwsSaid, ATimeoutThatLwsNamesNeedsNoSilence) {
  EXPECT_EQ(close_after("ACCEPT FH('/a')" + said("A:said_of", Said::kTimedOut, "#10") + "CLOSED_HTTP DEST('10/5')"),
            "timeout by lws [log_line] HTTP_CONTENT, 5 s");
}

TEST_F(LwsSaid, ATimeoutThatNobodySawSetHasNoSeconds) {
  EXPECT_EQ(close_after("ACCEPT FH('/a')" + said("said", Said::kTimedOut, "#15") + "CLOSED_HTTP DEST"),
            "timeout by lws [log_line] HTTP_KEEPALIVE_IDLE");
}

TEST_F(LwsSaid, ATimeoutOfTheApplicationIsNamedByItsLowBits) {
  EXPECT_EQ(close_after("ACCEPT FH('/a')" + said("A:said_of", Said::kTimedOut, "#-17") + "CLOSED_HTTP DEST('1007/2')"),
            "timeout by lws [log_line] the application's 1007, 2 s");
}

TEST_F(LwsSaid, AKillThroughATimeoutStaysTheApplications) {
  EXPECT_EQ(close_after("ACCEPT FH('/a')" + said("A:said_of", Said::kTimedOut, "#10") + "CLOSED_HTTP DEST('10/-1')"),
            "handler_closed by local [pending_timeout] killed by lws_set_timeout: HTTP_CONTENT");
}

TEST_F(LwsSaid, ItIsAboutWhatEndsNextAndSoon) {
  script_.play("A:ACCEPT B:ACCEPT" + said("said", Said::kTooManyStreams) +
               "A:close('lws_read_h2 bail') A:DEST B:close('lws_read_h2 bail') B:DEST");
  EXPECT_EQ(recorder_.on(Script::pointer('A')).close->said, Said::kTooManyStreams);
  EXPECT_EQ(recorder_.on(Script::pointer('B')).close->said, Said::kNothing);
  script_.play("C:ACCEPT" + said("said", Said::kTooManyStreams) + "+60 C:close('lws_read_h2 bail') C:DEST");
  EXPECT_EQ(recorder_.on(Script::pointer('C')).close->said, Said::kNothing);
}

TEST_F(LwsSaid, AnotherThreadsLineIsNot) {
  script_.play("A:ACCEPT").thread(1).play(said("said", Said::kTooManyStreams)).thread(0);
  EXPECT_EQ(close_after("close('lws_read_h2 bail') DEST"), "peer_closed by peer [close_call] lws_read_h2 bail");
}

TEST_F(LwsSaid, NumbersThatNobodyKnowsSayNothing) {
  EXPECT_EQ(close_after("ACCEPT said=255#7 said=0 close('lws_read_h2 bail') DEST"),
            "peer_closed by peer [close_call] lws_read_h2 bail");
}

TEST_F(LwsSaid, ACloseFrameThatNoCallbackAskedForIsLwss) {
  EXPECT_EQ(close_after("ACCEPT FH('/ws') CONFIRM FILTER EST[echo]" + said("said", Said::kNotUtf8) +
                        "code=1007 close('close_and_handled') CLOSED DEST"),
            "protocol_error by lws [close_frame] close_and_handled");
}

TEST(KnownLines, AFormatIsKnownByItsBeginning) {
  ASSERT_NE(known_line("Too many fds (%d vs %d)\n"), nullptr);
  EXPECT_EQ(known_line("Too many fds (%d vs %d)\n")->said, Said::kTableFull);
  EXPECT_EQ(known_line("too many fds"), nullptr);
  EXPECT_EQ(known_line(""), nullptr);
}

TEST(KnownLines, ValueTellsWhichAndItsNumber) {
  const int32_t value = said_value(Said::kBindFailed, 65535);
  EXPECT_EQ(said_of(value), Said::kBindFailed);
  EXPECT_EQ(number_of(value), 65535u);
  EXPECT_EQ(said_of(-1), Said::kNothing);
}

}  // namespace
}  // namespace wsitrace::test
