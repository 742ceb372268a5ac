// SPDX-License-Identifier: MIT
//
// What a narrative claims: what happened, why it ended, what to look at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/export/explain/narrators.h"
#include "tests/unit/export/explain_fixture.h"

namespace wsitrace::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

#define CGONE "CDROP('__lws_close_free_wsi') CLOSED_CLIENT_HTTP DEST"
#define GONE "close('server socket svc fail') DROP('__lws_close_free_wsi') CLOSED_HTTP DEST"

std::string repeated(const std::string &words, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += words + " ";
  return out;
}

const std::string kRequest = "FH('/a') st=200 +1 FFC txnc BIND +10";
constexpr uint64_t kFirst = 2;  // the listener is connection 1

TEST(Explain, ConnectBeforeTheLoopRunsSaysSinceWhenHowLongAndWhatToDo) {
  for (const char *words : {"+5 CBIND NEW=9 +2000", "+5 CBIND CONNECTING NEW=9 +2000"}) {
    const std::string text = explained(Told{words});
    EXPECT_THAT(text, HasSubstr("nobody has serviced this connection since"));
    EXPECT_THAT(text,
                HasSubstr("Nobody has serviced this connection since 0.005 s, for 2.00 s, until the end of the log"));
    EXPECT_THAT(text, HasSubstr("never got LWS_CALLBACK_WSI_CREATE"));
    EXPECT_THAT(text, HasSubstr("The likely reason is an event loop that does not run"));
    EXPECT_THAT(
        text,
        HasSubstr("Start the loop first; or connect from a timer (lws_sul_schedule) or in LWS_CALLBACK_PROTOCOL_INIT"));
  }
}

TEST(Explain, LoopThatRanOnlyLaterIsToldByTheGap) {
  const Told told{
      "CBIND NEW=9 +1500 CREATE PRE_EST=9 CEST PEER_CLOSE=1000 close('close_and_handled') WSCDROP('x') CCLOSED DEST"};
  EXPECT_THAT(
      explained(told),
      HasSubstr("Between the connect at 0.000 s and LWS_CALLBACK_WSI_CREATE lay 1.50 s. No sign of an event loop "
                "was seen in that time: the likely reason is a loop that ran only later"));
}

TEST(Explain, PromptConnectIsNotBlamedOnTheLoop) {
  const Told told{
      "CBIND NEW=9 +20 CREATE PRE_EST=9 CEST PEER_CLOSE=1000 close('close_and_handled') WSCDROP('x') CCLOSED DEST"};
  EXPECT_THAT(explained(told),
              AllOf(HasSubstr("it was connected, 20 ms after the connect was issued"), Not(HasSubstr("event loop"))));
}

TEST(Explain, LoopThatServedOthersMeanwhileIsNotBlamed) {
  const char *others = "B:ACCEPT B:FH('/a') B:FFC ";
  EXPECT_THAT(explained(Told{std::string("CBIND NEW=9 ") + others + "+2000"}),
              AllOf(HasSubstr("An event loop ran meanwhile (3 events of others)"), HasSubstr("does not answer"),
                    Not(HasSubstr("likely reason is an event loop"))));
  EXPECT_THAT(
      explained(Told{std::string("CBIND NEW=9 ") + others + "+2000 CREATE PRE_EST=9 CEST"}),
      AllOf(HasSubstr("(3 events of others): the network or the peer was slow"), Not(HasSubstr("ran only later"))));
}

TEST(Explain, ConnectThatTheProgramToreDownWasNeverServiced) {
  const Told told{"CONTEXT CBIND NEW=9 +700 close('ctx destroy')=9999 CDROP('__lws_close_free_wsi') DEST"};
  EXPECT_THAT(explained(told), HasSubstr("for 700 ms, until the program tore it down"));
}

TEST(Explain, AdoptedSocketThatNobodyServicesIsTold) {
  const Told told{"CREATE NEW=9 +3000"};
  EXPECT_THAT(
      explained(told),
      HasSubstr("Nothing has happened on this socket since it was adopted at 0.000 s, for 3.00 s, until the end of "
                "the log. No sign of an event loop was seen"));
  const Told silent_peer{"CREATE NEW=9 B:ACCEPT B:FH('/a') B:FFC +3000"};
  EXPECT_THAT(explained(silent_peer), HasSubstr("so its peer has probably sent nothing"));
}

TEST(Explain, RequestsInARowAreGroupedWithStatusesAndTimes) {
  const std::string text = explained(Told{"ACCEPT " + repeated(kRequest, 23) + GONE}, kFirst);
  EXPECT_THAT(text, HasSubstr("0.000 s: 23 requests until 0.2"));
  EXPECT_THAT(text, HasSubstr("s, all completed (200: 23), 1.0 ms to 1.0 ms each."));
  EXPECT_THAT(text, HasSubstr("It was idle 91 % of its life, at most 10 ms at a stretch."));
  EXPECT_THAT(text, HasSubstr("lws bound protocols to it and unbound them 23 times until"));
  EXPECT_THAT(text, Not(HasSubstr("transaction 2,")));
}

TEST(Explain, FewRequestsAreToldOneByOneWithTheirPhases) {
  EXPECT_THAT(
      explained(
          {"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +2 st=404 txnc DROP[dyn]('lws_http_transaction_completed') BIND " GONE},
          kFirst),
      HasSubstr("transaction 1, GET /d (HTTP/1.1), handled by 'dyn' (LWS_CALLBACK_HTTP) after 2 µs, answered 404 after "
                "2.0 ms, completed "
                "after 2.0 ms."));
}

TEST(Explain, BindingsNameTheirCallbacksAndOccasions) {
  EXPECT_THAT(
      explained(Told{"ACCEPT FH('/d') BIND[dyn] HTTP[dyn] txnc DROP[dyn]('lws_http_transaction_completed') " GONE},
                kFirst),
      AllOf(HasSubstr("lws bound it to protocol 'dyn' for the request (LWS_CALLBACK_HTTP_BIND_PROTOCOL)."),
            HasSubstr("lws unbound it from protocol 'dyn' (LWS_CALLBACK_HTTP_DROP_PROTOCOL, cause "
                      "'lws_http_transaction_completed').")));
}

TEST(Explain, BindingAnewAroundRequestsIsSaidToBeNormal) {
  const std::string request =
      "FH('/d') DROP('http action CALLBACK bind') BIND[dyn] HTTP[dyn] txnc DROP[dyn]('lws_http_transaction_completed') "
      "BIND";
  EXPECT_THAT(explained(Told{"ACCEPT " + repeated(request, 3) + GONE}, kFirst),
              HasSubstr("6 bindings for 3 requests is normal"));
}

TEST(Explain, DestroyThatSettledABindingMeansNoPerSessionData) {
  EXPECT_THAT(explained(Told{"ACCEPT FH('/a') FFC txnc BIND close('server socket svc fail') CLOSED_HTTP DEST"}, kFirst),
              HasSubstr("Protocol 'p0' was bound and not unbound when the connection ended: lws leaves that callback "
                        "out for a protocol "
                        "without per-session data (per_session_data_size 0)."));
}

TEST(Explain, BindingWithoutDropIsOdd) {
  const Told told{"ACCEPT FH('/a') BIND[dyn] BIND[other] " GONE};
  EXPECT_THAT(explained(told, kFirst),
              HasSubstr("Protocol 'dyn' was bound at 0.000 s and not unbound before the next was bound"));
}

TEST(Explain, CallbackThatReturnedNonZeroIsNamed) {
  const Told told{
      "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] refused[dyn]('WRITEABLE') close('close_and_handled') DROP[dyn]('x') "
      "CLOSED_HTTP DEST"};
  const std::string text = explained(told, kFirst);
  EXPECT_THAT(text, HasSubstr("the callback of protocol 'dyn' returned non-zero from LWS_CALLBACK_HTTP_WRITEABLE, "
                              "which asks lws to close."));
  EXPECT_THAT(text, HasSubstr("Any result but 0 from LWS_CALLBACK_HTTP_WRITEABLE makes lws close the connection"));
}

TEST(Explain, LastResponseThatReturnsNonZeroIsAsItShouldBe) {
  const Told told{
      "B:ACCEPT C:CREATE C:FH('/s')<B C:BIND[dyn] C:HTTP[dyn] C:st=200 C:txnc C:refused[dyn]('WRITEABLE') "
      "C:close('h2 pollout handle') C:DROP[dyn]('x') C:CLOSED_HTTP C:DEST"};
  const std::string text = explained(told, 3);
  EXPECT_THAT(text, HasSubstr("LWS_CALLBACK_HTTP_WRITEABLE returned non-zero is as it should be: the response was the "
                              "last one on this stream."));
  EXPECT_THAT(text, Not(HasSubstr("Any result but 0")));
}

TEST(Explain, HandlerThatNeverCompletedIsToldToLookForTheMissingCall) {
  const char *hangs = "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +4000";
  EXPECT_THAT(
      explained(Told{hangs}, kFirst),
      AllOf(HasSubstr("not completed by the end of the log, 4.00 s later"),
            HasSubstr("The handler of 'dyn' was called for transaction 1 and had not completed it 4.00 s later"),
            HasSubstr("lws_http_transaction_completed()")));
}

TEST(Explain, PeerThatDidNotWaitIsToldWithItsPatience) {
  const Told told{
      "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +300 close('server socket svc fail') DROP[dyn]('x') CLOSED_HTTP DEST"};
  EXPECT_THAT(explained(told, kFirst),
              HasSubstr("The peer did not wait for the response: 300 ms after its request it was gone."));
  EXPECT_THAT(explained(told, kFirst), Not(HasSubstr("lws_http_transaction_completed()"))) << "it may just be slow";
}

TEST(Explain, HandshakeIsNotIdleTime) {
  Subject subject;
  Connection &connection = subject.connection;
  connection.origin = Origin::kAccepted;
  connection.role = Role::kH1;
  connection.tls = Tls{};
  connection.tls->handshake_ns = 50'000'000;
  connection.transactions_total = 1;
  Transaction &only = connection.transactions.emplace_back();
  only.requested_ns = 50'000'000;
  only.completed_ns = 75'000'000;
  connection.closed_ns = 100'000'000;
  EXPECT_EQ(idle_sentence(connection, {}), "It was idle 25 % of its life, at most 25 ms at a stretch.");
}

TEST(Explain, UpgradeToAnUnknownSubprotocolNamesTheVhostToLookAt) {
  const Told told{"ACCEPT CONFIRM('/ws') close('lws_read_h1 bail') DEST"};
  EXPECT_THAT(explained(told, kFirst),
              AllOf(HasSubstr("compare the subprotocols that the client offers"), HasSubstr("vhost 'default'")));
}

TEST(Explain, UpgradeRefusedByACallbackNamesIt) {
  EXPECT_THAT(explained(Told{"ACCEPT CONFIRM('/ws') BIND[echo] FILTER[echo] refused[echo]('FILTER') close('lws_read_h1 "
                             "bail') CLOSED DEST"},
                        kFirst),
              HasSubstr("LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION of protocol 'echo' returned non-zero: that is where "
                        "the upgrade was refused."));
}

TEST(Explain, WebsocketNamesProtocolAndWhoSaidGoodbyeWithWhat) {
  const std::string text = explained(
      {"ACCEPT CONFIRM('/ws') BIND[echo] FILTER[echo] EST[echo] +200 PEER_CLOSE[echo]=1001 close('close_and_handled') "
       "WSDROP[echo]('x') CLOSED[echo] DEST"},
      kFirst);
  EXPECT_THAT(text, HasSubstr("lws bound it to protocol 'echo' for the upgrade"));
  EXPECT_THAT(text, HasSubstr("its websocket session began, with protocol 'echo' (LWS_CALLBACK_ESTABLISHED)"));
  EXPECT_THAT(text, HasSubstr("the websocket session ended after 200 ms; the peer had sent close code 1001"));
  EXPECT_THAT(text, HasSubstr("The close code was 1001 (the one who sent it is going away)."));
}

TEST(Explain, IdleTimeoutIsNormalAndATimeoutInMidResponseIsNot) {
  const Told idle{
      "ACCEPT FH('/a') FFC txnc BIND +5000 DROP('__lws_close_free_wsi') CLOSED_HTTP DEST=327695"};  // 15, 5 s
  EXPECT_THAT(explained(idle, kFirst),
              HasSubstr("That is normal for a keep-alive connection without a further request"));
  const Told stalled{"ACCEPT FH('/a') st=200 +5000 CLOSED_HTTP DEST"};
  EXPECT_THAT(explained(stalled, kFirst), HasSubstr("The response stood still for too long"));
}

TEST(Explain, OutboundFailuresNameTheirMessageAndWhatToTry) {
  EXPECT_THAT(
      explained(Told{"CBIND CCE('DNS NXDOMAIN') close('client_connect2') CDROP('x') DEST"}),
      AllOf(HasSubstr("LWS_CALLBACK_CLIENT_CONNECTION_ERROR): 'DNS NXDOMAIN'"), HasSubstr("could not be resolved")));
  EXPECT_THAT(explained(Told{"CBIND NEW=9 CCE('conn fail: 111') close('client_connect3') CDROP('x') DEST"}),
              HasSubstr("Nobody listens at"));
  EXPECT_THAT(
      explained(Told{"CBIND NEW=9 CREATE CCE('HS: ws upgrade response not 101') close('c hs interp') CDROP('x') DEST"}),
      HasSubstr("answered as a web server and did not upgrade"));
  EXPECT_THAT(explained(Told{"CBIND failed('lws_client_connect_via_info')=5"}),
              HasSubstr("lws_client_connect_via_info() returned NULL"));
  EXPECT_THAT(explained(Told{"CREATE failed('lws_adopt_descriptor_vhost')=5"}),
              HasSubstr("the protocol that it names must be one of the vhost's"));
}

TEST(Explain, RefusedBytesWithoutARequestAreNoHttp) {
  EXPECT_THAT(explained(Told{"ACCEPT st=403 close('lws_read_h1 bail') CLOSED_HTTP DEST"}, kFirst),
              HasSubstr("What came in was no HTTP request"));
}

TEST(Explain, LeakSaysThatTheContextWasGone) {
  const Told told{"CONTEXT ACCEPT FH('/a') BIND[dyn] HTTP[dyn] CONTEXT_END=0 CONTEXT_END=1"};
  EXPECT_THAT(explained(told, kFirst), AllOf(HasSubstr("it was leaked"),
                                             HasSubstr("What protocol 'dyn' holds for it was not given back either.")));
}

TEST(Explain, UnknownEndIsSaidToBeUnknown) {
  const Told told = Told("ACCEPT FH('/a') FFC BIND DROP('x') CLOSED_HTTP DEST").in(Form::kPlugin).attached("link");
  const std::string text = explained(told, kFirst);
  EXPECT_THAT(text, HasSubstr("Why it ended is unknown (unknown)."));
  EXPECT_THAT(text, HasSubstr("Which side ended it is unknown."));
  EXPECT_THAT(text, HasSubstr("`wsitrace run` also hears the calls"));
}

TEST(Explain, LossIsSaidBeforeAnythingElse) {
  const std::string text = explained(Told("ACCEPT").losing(2), kFirst);
  EXPECT_THAT(text, HasSubstr("What to keep in mind\n    2 events were lost"));
  EXPECT_LT(text.find("2 events were lost"), text.find("What it is"));
  EXPECT_THAT(explained(Told{"ACCEPT"}, kFirst), Not(HasSubstr("lost")));
}

TEST(Explain, TextFromTheNetworkIsPrintable) {
  const std::string text = explained(Told{"CBIND[p\x1b@v\r] NEW=9 CREATE CCE('a\x1b[31m\nb') CDROP('\x07') DEST"});
  EXPECT_THAT(text, HasSubstr("'a\\x1b[31m\\nb'"));
  for (const char c : text) ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace
}  // namespace wsitrace::test
