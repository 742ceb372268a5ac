// SPDX-License-Identifier: MIT
#include "agent/timeline/protocol_of.h"

#include <gtest/gtest.h>

#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

// "PROTOCOL_OF BOUND_PROTOCOL" of connection A at the end of WORDS.
std::string named(std::string_view words) {
  Recorder recorder;
  Timeline timeline(recorder);
  Script(timeline, Form::kPreload).play(words);
  std::string out;
  const auto tell = [&](const Connection &connection) {
    if (connection.pointer != Script::pointer('A')) return;
    out = std::string(protocol_of(connection)) + " " + std::string(bound_protocol(connection));
  };
  for (const Connection &connection : recorder.closed) tell(connection);
  timeline.for_each_open(tell);
  return out;
}

TEST(ProtocolOf, BetweenTwoRequestsOneHasAnsweredAndAnotherIsBound) {
  EXPECT_EQ(
      named("ACCEPT FH('/d') BIND[dyn1] HTTP[dyn1] st=200 txnc DROP[dyn1]('lws_http_transaction_completed') BIND"),
      "dyn1 p0");
}

TEST(ProtocolOf, WhileItAnswersItIsBound) { EXPECT_EQ(named("ACCEPT FH('/d') BIND[dyn1] HTTP[dyn1]"), "dyn1 dyn1"); }

TEST(ProtocolOf, OfASessionStaysWhenItHasEnded) {
  EXPECT_EQ(named("ACCEPT CONFIRM('/w') BIND[echo] EST[echo] PEER_CLOSE[echo]=1000 close('returned close packet') "
                  "WSDROP[echo]('__lws_close_free_wsi') CLOSED[echo] DEST"),
            "echo echo");
}

TEST(ProtocolOf, WhereNothingWasBoundTheRequestSaysIt) {
  EXPECT_EQ(named("B:CREATE B:NEW=50 CREATE FH('/s')<B FFC"), "p0 p0");
}

TEST(ProtocolOf, WhereNothingWasAskedWhatIsBoundSaysIt) { EXPECT_EQ(named("CBIND CONNECTING"), "p0 p0"); }

TEST(ProtocolOf, IsUnknownBeforeTheFirstRequest) { EXPECT_EQ(named("ACCEPT"), " "); }

}  // namespace
}  // namespace wsitrace::test
