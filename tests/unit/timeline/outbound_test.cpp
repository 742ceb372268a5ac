// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

class Outbound : public testing::Test {
 protected:
  const Connection &play(std::string_view words, char wsi = 'A') {
    script_.play(words);
    return recorder_.on(Script::pointer(wsi));
  }
  // "GET /a 200 completed, ..."
  static std::string exchanges_of(const Connection &connection) {
    std::string out;
    for (const Transaction &t : connection.transactions) {
      if (!out.empty()) out += ", ";
      out.append(t.method).append(" ").append(t.path).append(" ");
      out.append(t.status ? std::to_string(*t.status) : "-").append(" ").append(name_of(t.outcome));
    }
    return out;
  }

  Recorder recorder_;
  Timeline timeline_{recorder_};
  Script script_{timeline_, Form::kPreload};
};

TEST_F(Outbound, AnsweredRequestIsATransactionWithItsTimes) {
  const Connection &connection = play(
      "connect('example/a')=80 CBIND NEW=9 +20 CREATE +1 APPEND PRE_EST=9 +30 ANSWER=200 +40 ANSWERED "
      "close('close_and_handled') CDROP('x') CLOSED_CLIENT_HTTP DEST");
  EXPECT_EQ(exchanges_of(connection), "GET /a 200 completed");
  EXPECT_EQ(connection.target, "example:80");
  ASSERT_TRUE(connection.connected_ns);
  EXPECT_GE(*connection.connected_ns - connection.opened_ns, 20'000'000u);
  const Transaction &exchange = connection.transactions[0];
  EXPECT_GE(*exchange.responded_ns - exchange.requested_ns, 30'000'000u);
  EXPECT_GE(*exchange.completed_ns - *exchange.responded_ns, 40'000'000u);
  EXPECT_FALSE(exchange.handled_ns);
  EXPECT_FALSE(exchange.pipelined);
}

TEST_F(Outbound, QueuedOneNamesTheLeaderThatFailed) {
  const Connection &queued = play(
      "connect('h/1')=80 B:CBIND B:NEW=9 connect('h/2')=80 CBIND NEW=-1 B:CCE('read failed') B:close('cbail3') "
      "CDROP('x') DEST B:CDROP('x') B:DEST");
  EXPECT_EQ(queued.close->detail, "connection 1: read failed");
  EXPECT_EQ(queued.close->evidence, CloseEvidence::kEvents);
}

TEST_F(Outbound, RedirectIsTwoExchangesOnOneConnection) {
  EXPECT_EQ(
      exchanges_of(play("connect('h/a')=1 CBIND NEW=9 CREATE APPEND REDIRECT('/b')=302 CDROP('client_reset') CBIND "
                        "CREATE APPEND ANSWER=200 ANSWERED CDROP('x') CLOSED_CLIENT_HTTP DEST")),
      "GET /a 302 completed, GET /b 200 completed");
}

TEST_F(Outbound, AuthenticationIsTwoExchangesOnOneConnection) {
  const Connection &connection = play(
      "connect('h/a')=1 CBIND NEW=9 CREATE APPEND close('digest_auth_step2') CDROP('client_reset') CBIND CREATE APPEND "
      "ANSWER=200 ANSWERED close('close_and_handled') CLOSED_CLIENT_HTTP DEST");
  EXPECT_EQ(exchanges_of(connection), "GET /a 401 completed, GET /a 200 completed");
  EXPECT_EQ(connection.close->reason, CloseReason::kResponseDone);
}

TEST_F(Outbound, CarrierLeavesItsRequestToTheFirstStream) {
  play(
      "connect('h/a')=1 A:CBIND A:NEW=9 A:CREATE B:CREATE B:APPEND<A B:ANSWER=200 B:ANSWERED connect('h/b')=1 C:CBIND "
      "C:NEW=-1 "
      "C:APPEND<A C:ANSWER=404 C:ANSWERED C:DEST B:DEST A:DEST");
  EXPECT_EQ(exchanges_of(recorder_.on(Script::pointer('A'))), "");
  EXPECT_EQ(exchanges_of(recorder_.on(Script::pointer('B'))), "GET /a 200 completed");
  EXPECT_EQ(exchanges_of(recorder_.on(Script::pointer('C'))), "GET /b 404 completed");
  EXPECT_EQ(recorder_.on(Script::pointer('B')).target, "h:1");
}

TEST_F(Outbound, BreakingOffIsThePeersUnlessTheReaderRefused) {
  play(
      "A:CBIND A:NEW=9 A:CREATE A:APPEND A:ANSWER=200 A:refused('RECEIVE_HTTP') A:close('close_and_handled') A:DEST "
      "B:CBIND B:NEW=9 B:CREATE B:APPEND B:ANSWER=200 B:refused('READ_HTTP') B:refused('RECEIVE_HTTP') B:close('x') "
      "B:DEST");
  EXPECT_EQ(recorder_.on(Script::pointer('A')).close->reason, CloseReason::kPeerClosed);
  EXPECT_EQ(recorder_.on(Script::pointer('B')).close->reason, CloseReason::kHandlerClosed);
}

TEST_F(Outbound, WebsocketIsUpgraded) {
  const Connection &connection = play(
      "connect('h/ws')=1 CBIND NEW=9 CREATE APPEND ANSWER=101 PRE_EST=9 CEST PEER_CLOSE=1000 "
      "WSCDROP('x') CCLOSED DEST");
  EXPECT_EQ(exchanges_of(connection), "GET /ws 101 upgraded");
  EXPECT_EQ(connection.session->peer_code, 1000);
}

TEST_F(Outbound, RefusedUpgradeIsRejected) {
  EXPECT_EQ(exchanges_of(play(
                "connect('h/ws')=1 CBIND NEW=9 CREATE APPEND CCE('HS: ws upgrade response not 101') CDROP('x') DEST")),
            "GET /ws - rejected");
}

TEST_F(Outbound, AnswerThatBreaksOffIsAborted) {
  EXPECT_EQ(
      exchanges_of(play("connect('h/a')=1 CBIND NEW=9 CREATE APPEND ANSWER=200 CDROP('x') CLOSED_CLIENT_HTTP DEST")),
      "GET /a 200 aborted");
}

TEST_F(Outbound, RequestGoesToTheConnectionThatTheCallMade) {
  play(
      "connect('one/1')=1 A:CBIND A:NEW=9 connect('two/2')=2 B:CBIND B:NEW=10 B:CREATE A:CREATE B:APPEND A:APPEND "
      "A:DEST B:DEST");
  EXPECT_EQ(recorder_.on(Script::pointer('A')).target, "one:1");
  EXPECT_EQ(recorder_.on(Script::pointer('B')).target, "two:2");
  EXPECT_EQ(exchanges_of(recorder_.on(Script::pointer('A'))), "GET /1 - aborted");
}

TEST_F(Outbound, FailedCallLeavesItsRequestToNobody) {
  play("connect('one/1')=1 failed('lws_client_connect_via_info')=5 A:CBIND A:NEW=9 A:DEST");
  EXPECT_EQ(recorder_.on(Script::pointer('A')).target, "");
}

TEST_F(Outbound, AcceptedConnectionDoesNotTakeTheRequest) {
  play("connect('one/1')=1 B:ACCEPT A:CBIND A:NEW=9 A:DEST B:DEST");
  EXPECT_EQ(recorder_.on(Script::pointer('A')).target, "one:1");
  EXPECT_EQ(recorder_.on(Script::pointer('B')).target, "");
}

TEST_F(Outbound, LookForACaptivePortalIsOfLws) {
  play(
      "connect('net/generate_204')=80 A:CBIND[lws-secstream-h1@_ss_default] A:NEW=9 A:CREATE A:APPEND A:ANSWER=204 "
      "A:ANSWERED A:CDROP('x') A:CLOSED_CLIENT_HTTP A:DEST connect('net/mine')=80 "
      "B:CBIND[lws-secstream-h1@_ss_default] B:CCE('DNS NXDOMAIN') B:DEST connect('net/generate_204')=80 C:CBIND[own] "
      "C:DEST");
  const Connection &look = recorder_.on(Script::pointer('A'));
  EXPECT_EQ(look.cls, ConnectionClass::kInternal);
  EXPECT_EQ(look.origin, Origin::kOutbound);
  EXPECT_EQ(exchanges_of(look), "GET /generate_204 204 completed");
  EXPECT_EQ(recorder_.on(Script::pointer('B')).cls, ConnectionClass::kClient);
  EXPECT_EQ(recorder_.on(Script::pointer('C')).cls, ConnectionClass::kClient);
}

TEST_F(Outbound, RequestSentOnAnothersSocketWasConnectedWhenItGotIt) {
  const Connection &connection = play("CBIND NEW=-1 +100 APPEND ANSWER=200 ANSWERED CDROP('x') DEST");
  ASSERT_TRUE(connection.connected_ns);
  EXPECT_GE(*connection.connected_ns - connection.opened_ns, 100'000'000u);
}

}  // namespace
}  // namespace wsitrace::test
