// SPDX-License-Identifier: MIT
#include "agent/timeline/timeline.h"
#include "agent/lws/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using testing::ElementsAre;

class TimelineTest : public testing::Test {
 protected:
  Script &play(std::string_view words) { return script_.play(words); }
  [[nodiscard]] const Connection &on(char wsi) const { return recorder_.on(Script::pointer(wsi)); }
  [[nodiscard]] std::vector<Connection> open() const {
    std::vector<Connection> all;
    timeline_.for_each_open([&](const Connection &connection) { all.push_back(connection); });
    return all;
  }
  [[nodiscard]] static std::string kind_of(const Connection &connection) {
    return std::string(name_of(connection.cls)) + "/" + name_of(connection.origin) + "/" + name_of(connection.evidence);
  }

  Recorder recorder_;
  Timeline timeline_{recorder_};
  Script script_{timeline_, Form::kPreload};
};

TEST_F(TimelineTest, AcceptedConnectionIsAClientWithItsAddresses) {
  play("ACCEPT FH('/a') DEST");
  EXPECT_EQ(kind_of(on('A')), "client/accepted/event");
  EXPECT_EQ(on('A').fd, 7);
  EXPECT_EQ(on('A').peer, "127.0.0.1:40007");
  EXPECT_EQ(on('A').local, "127.0.0.1:7681");
  EXPECT_EQ(on('A').vhost, "default");
  EXPECT_EQ(on('A').role, Role::kH1);
  EXPECT_EQ(on('A').transactions[0].method, "GET");
  EXPECT_EQ(on('A').transactions[0].version, "HTTP/1.1");
}

TEST_F(TimelineTest, RedirectThatLwsAnswersItselfIsATransaction) {
  play("ACCEPT st('/old')=301 close('lws_read_h1 bail') CLOSED_HTTP DEST");
  ASSERT_EQ(on('A').transactions.size(), 1u);
  EXPECT_EQ(on('A').transactions[0].status, 301);
  EXPECT_EQ(on('A').transactions[0].path, "/old");
  EXPECT_EQ(on('A').transactions[0].outcome, Outcome::kCompleted);
  EXPECT_EQ(on('A').close->reason, CloseReason::kResponseDone);
}

TEST_F(TimelineTest, WhatAcceptsIsTheListener) {
  play("ACCEPT A:DEST L:DEST");
  EXPECT_EQ(kind_of(on('L')), "listener/listen/so_acceptconn");
  EXPECT_EQ(on('L').local, "127.0.0.1:7681");
  EXPECT_FALSE(on('L').opened_seen);
  EXPECT_FALSE(on('L').fd);
}

TEST_F(TimelineTest, ListenerThatNeverAcceptedOnlySaysGoodbye) {
  play("VHOST VHOST_GONE L:DEST");
  EXPECT_EQ(kind_of(on('L')), "listener/listen/elimination");
  EXPECT_EQ(on('L').close->reason, CloseReason::kVhostDestroyed);
  EXPECT_EQ(timeline_.totals().opened, 1u);
  EXPECT_EQ(timeline_.totals().closed, 1u);
}

TEST_F(TimelineTest, TagOfLwsSaysListener) {
  Event event{};
  event.kind = k_WSI_DESTROY;
  event.wsi = 1;
  event.flags = kTagSaysListener;
  timeline_.on_event(event, {});
  EXPECT_EQ(kind_of(recorder_.on(1)), "listener/listen/lws_tag");
}

TEST_F(TimelineTest, ListenerMovesToTheVhostThatItAcceptsFor) {
  play("L:FNET[a0@vhA]=7 L:FNET[b0@vhB]=8 L:DEST[c0@vhC]");
  EXPECT_EQ(on('L').vhost, "vhB");
  EXPECT_EQ(on('L').opened_vhost, "vhA");
}

TEST_F(TimelineTest, ListenerThatNeverAcceptedIsKnownWhenLwsWasAskedToCloseIt) {
  play("L:close('ctx destroy')=9999#1 L:DEST");
  EXPECT_EQ(kind_of(on('L')), "listener/listen/so_acceptconn");
  EXPECT_EQ(on('L').close->reason, CloseReason::kContextDestroyed);
}

TEST_F(TimelineTest, ConnectionMovesToTheVhostOfItsRequest) {
  play("L:FNET[a0@vhA]=7 CREATE[a0@vhA] NEW[a0@vhA]=7 FH[a0@vhB]('/x') BIND[b0@vhB] DEST[b0@vhB]");
  EXPECT_EQ(on('A').vhost, "vhB");
  EXPECT_THAT(recorder_.said, testing::Contains("changed 2 client/vhA/handshake to client/vhB/active"));
}

TEST_F(TimelineTest, SocketThatNoListenerSpokeOfIsAdopted) {
  play("CREATE NEW=9 DEST");
  EXPECT_EQ(kind_of(on('A')), "client/adopted/event");
}

TEST_F(TimelineTest, ListenerOfAnotherThreadDoesNotMakeASocketAccepted) {
  script_.thread(1).play("L:FNET=9");
  script_.thread(0).play("CREATE NEW=9 DEST");
  EXPECT_EQ(kind_of(on('A')), "client/adopted/event");
}

TEST_F(TimelineTest, SocketThatAFilterTurnedAwayIsNotTheNextOne) {
  play("L:FNET=9 L:refused('FNET') CREATE NEW=9 DEST");
  EXPECT_EQ(kind_of(on('A')), "client/adopted/event");
  EXPECT_EQ(open().size(), 1u);
}

TEST_F(TimelineTest, OutboundNeedsNoCreate) {
  play("CBIND NEW=9 CREATE DEST B:CBIND B:NEW=-1 B:DEST C:NEW=9 C:CREATE C:DEST");
  EXPECT_EQ(kind_of(on('A')), "client/outbound/event");
  EXPECT_EQ(on('A').generation, 1u);
  EXPECT_EQ(kind_of(on('B')), "client/outbound/event");
  EXPECT_FALSE(on('B').fd);
  EXPECT_EQ(kind_of(on('C')), "client/outbound/event");
  EXPECT_EQ(timeline_.totals().opened, 3u);
}

TEST_F(TimelineTest, StreamKnowsItsParent) {
  play("B:CREATE B:NEW=50 CREATE FH('/s')<B FFC CLOSED_HTTP DEST");
  EXPECT_EQ(kind_of(on('A')), "client/stream/event");
  EXPECT_EQ(on('A').parent, 1u);
  EXPECT_EQ(on('A').role, Role::kH2);
  ASSERT_EQ(open().size(), 1u);
  EXPECT_EQ(open()[0].role, Role::kH2);
  EXPECT_EQ(open()[0].state, State::kIdle);
}

TEST_F(TimelineTest, StreamThatDiedBeforeItsHeadersIsAGuess) {
  play("CREATE CLOSED_HTTP DEST");
  EXPECT_EQ(kind_of(on('A')), "client/stream/elimination");
}

TEST_F(TimelineTest, WhatIsNothingElseIsInternal) {
  play("CREATE DEST B:CREATE B:RADOPT[lws-async-dns]=9 B:DEST");
  EXPECT_EQ(kind_of(on('A')), "internal/internal/elimination");
  EXPECT_EQ(kind_of(on('B')), "internal/internal/event");
}

TEST_F(TimelineTest, StandInWsiOfProtocolsIsNoConnection) {
  play("PROTOCOL_INIT PROTOCOL_DESTROY CONTEXT VHOST_GONE");
  EXPECT_EQ(timeline_.totals().opened, 0u);
}

TEST_F(TimelineTest, PointerIsUsedAgainByAnotherGeneration) {
  play("ACCEPT DEST ACCEPT DEST");
  ASSERT_EQ(recorder_.closed.size(), 2u);
  EXPECT_EQ(recorder_.closed[0].pointer, recorder_.closed[1].pointer);
  EXPECT_EQ(recorder_.closed[0].generation, 1u);
  EXPECT_EQ(recorder_.closed[1].generation, 2u);
  EXPECT_NE(recorder_.closed[0].id, recorder_.closed[1].id);
}

TEST_F(TimelineTest, TrailingEventsBeginNoLife) {
  play("ACCEPT DEST close('close_and_handled') txnc=1 st=200 code=1000 refused('HTTP') DROP('x') CLOSED_HTTP CLOSED");
  EXPECT_EQ(timeline_.totals().opened, 2u);
  EXPECT_EQ(timeline_.totals().stray_events, 8u);
}

TEST_F(TimelineTest, DropWithoutBindIsCountedApart) {
  play("ACCEPT DROP('x') BIND DROP('y') DEST");
  EXPECT_EQ(timeline_.totals().binds, 1u);
  EXPECT_EQ(timeline_.totals().drops, 1u);
  EXPECT_EQ(timeline_.totals().unmatched_drops, 1u);
}

TEST_F(TimelineTest, LostDropIsSettledByTheNextBind) {
  play("ACCEPT BIND BIND[dyn1] DROP[dyn1]('y') DEST");
  EXPECT_EQ(bindings_of(on('A')), "p0:settled_by_bind, dyn1:y");
  EXPECT_EQ(timeline_.totals().drops, 2u);
}

TEST_F(TimelineTest, LostDestroyIsNoticedAtTheNextCreate) {
  play("ACCEPT FH('/a') ACCEPT DEST");
  ASSERT_EQ(recorder_.closed.size(), 2u);
  EXPECT_FALSE(recorder_.closed[0].closed_ns);
  EXPECT_EQ(recorder_.closed[0].state, State::kClosed);
  EXPECT_EQ(recorder_.closed[0].close->reason, CloseReason::kUnknown);
  EXPECT_EQ(recorder_.closed[1].generation, 2u);
}

TEST_F(TimelineTest, ConnectionSeenFirstInMidLifeAfterALossIsAGuess) {
  play("GAP=12 FH('/a') FFC DEST B:DEST");
  EXPECT_EQ(kind_of(on('A')), "client/accepted/elimination");
  EXPECT_FALSE(on('A').opened_seen);
  EXPECT_EQ(kind_of(on('B')), "internal/internal/elimination");
}

TEST_F(TimelineTest, NothingIsCalledATimeoutAfterALoss) {
  play("ACCEPT GAP=1 CLOSED_HTTP DEST");
  EXPECT_EQ(on('A').close->reason, CloseReason::kUnknown);
}

TEST_F(TimelineTest, FailedCallEndsOnlyWhatItBegan) {
  play("CBIND");
  script_.thread(1).play("C:CBIND");
  script_.thread(0).play("B:CBIND failed('lws_client_connect_via_info')=1");
  ASSERT_EQ(recorder_.closed.size(), 1u);
  EXPECT_EQ(recorder_.closed[0].pointer, Script::pointer('B'));
  EXPECT_EQ(recorder_.closed[0].close->detail, "lws_client_connect_via_info");
}

TEST_F(TimelineTest, FailedAdoptionLeavesTheListenerAlone) {
  play("L:FNET=7 CREATE failed('lws_adopt_descriptor_vhost')=50");
  ASSERT_EQ(recorder_.closed.size(), 1u);
  EXPECT_EQ(recorder_.closed[0].pointer, Script::pointer('A'));
  EXPECT_EQ(recorder_.closed[0].close->reason, CloseReason::kAdoptFailed);
}

TEST_F(TimelineTest, WhatLwsIsClosingAsACallFailsEndsOnceWithItsDestroy) {
  play(
      "L:FNET=7 CREATE HANDSHAKE('unexpected eof while reading')=7 close('adopt skt fail') CLOSED_HTTP "
      "failed('lws_adopt_descriptor_vhost')=50 DEST");
  ASSERT_EQ(recorder_.closed.size(), 1u);
  EXPECT_EQ(recorder_.closed[0].close->reason, CloseReason::kTlsFailed);
  EXPECT_EQ(recorder_.closed[0].cls, ConnectionClass::kClient);
  EXPECT_EQ(timeline_.totals().opened, 2u);
}

TEST_F(TimelineTest, WhatEndsInsideOfContextDestroyEndsByIt) {
  play(
      "CONTEXT ACCEPT CONTEXT_END=0 CLOSED_HTTP DEST L:DEST CONTEXT_END=1 B:CREATE B:NEW=8 +1000 B:CLOSED_HTTP B:DEST");
  EXPECT_EQ(on('A').close->reason, CloseReason::kContextDestroyed);
  EXPECT_EQ(on('L').close->reason, CloseReason::kContextDestroyed);
  EXPECT_EQ(on('B').close->reason, CloseReason::kTimeout);
}

TEST_F(TimelineTest, RequestThatLwsRefusesByAPageIsRejected) {
  play("ACCEPT FH('/x') st=403 close('lws_read_h1 bail') written('page') CLOSED_HTTP DEST");
  EXPECT_EQ(on('A').transactions[0].outcome, Outcome::kRejected);
  EXPECT_EQ(on('A').close->reason, CloseReason::kRefused);
}

// lws tells the last write to the millisecond.
TEST_F(TimelineTest, LastWriteIsNotOlderThanTheStatus) {
  play("ACCEPT FH('/x') HTTP st=200 refused('HTTP') close('lws_read_h1 bail') written=3 CLOSED_HTTP DEST");
  const Transaction &transaction = on('A').transactions[0];
  EXPECT_EQ(transaction.outcome, Outcome::kCompleted);
  EXPECT_EQ(transaction.written_ns, transaction.responded_ns);
  EXPECT_EQ(transaction.completed_ns, transaction.responded_ns);
}

TEST_F(TimelineTest, WhatEndsWithItsVhostEndsByIt) {
  play("ACCEPT VHOST_GONE DROP('x') CLOSED_HTTP DEST");
  EXPECT_EQ(on('A').close->reason, CloseReason::kVhostDestroyed);
}

TEST_F(TimelineTest, MessageOfAFailedConnectIsKeptAsItIs) {
  play("CBIND CCE('connect SSL err 1:\nx') DEST");
  EXPECT_EQ(on('A').close->detail, "connect SSL err 1:\nx");
}

TEST_F(TimelineTest, SessionIsAPhaseWithItsCodes) {
  play("ACCEPT CONFIRM('/ws') BIND[echo] FILTER[echo] EST[echo]");
  ASSERT_EQ(open().size(), 2u);
  EXPECT_EQ(open()[1].state, State::kUpgraded);
  play("PEER_CLOSE[echo]=1001 WSDROP[echo]('x') CLOSED[echo] DEST");
  ASSERT_TRUE(on('A').session);
  EXPECT_EQ(on('A').session->protocol, "echo");
  EXPECT_EQ(on('A').session->peer_code, 1001);
  EXPECT_FALSE(on('A').session->local_code);
  EXPECT_LT(*on('A').session->closed_ns, *on('A').closed_ns);
  EXPECT_EQ(on('A').role, Role::kWs);
  EXPECT_EQ(on('A').transactions[0].protocol, "echo");
}

TEST_F(TimelineTest, TimesOfATransactionAreThoseOfItsEvents) {
  play("ACCEPT FH('/a') BIND[dyn1] HTTP[dyn1] st=204 DROP[dyn1]('lws_http_transaction_completed') BIND DEST");
  const Transaction &transaction = on('A').transactions.at(0);
  const uint64_t step = Script::kStepNs;
  EXPECT_EQ(*transaction.handled_ns - transaction.requested_ns, 2 * step);
  EXPECT_EQ(*transaction.responded_ns - transaction.requested_ns, 3 * step);
  EXPECT_EQ(*transaction.completed_ns - transaction.requested_ns, 4 * step);
  EXPECT_EQ(transaction.status, 204);
  EXPECT_EQ(transaction.protocol, "dyn1");
}

TEST_F(TimelineTest, PostOverH2BeganWhenItsStreamWasBound) {
  play("B:CREATE B:NEW=50 CREATE BIND[dyn1]<B HTTP[dyn1]<B DEST");
  const Transaction &transaction = on('A').transactions.at(0);
  EXPECT_EQ(*transaction.handled_ns - transaction.requested_ns, Script::kStepNs);
}

TEST_F(TimelineTest, StateFollowsTheRequests) {
  play("ACCEPT FH('/a') FFC CONFIRM('/ws') FILTER[echo] EST[echo] DEST");
  EXPECT_THAT(
      recorder_.said,
      ElementsAre("opened 1 listener", "opened 2 client", "changed 2 client/default/handshake to client/default/active",
                  "transaction 1 completed", "changed 2 client/default/active to client/default/idle",
                  "changed 2 client/default/idle to client/default/active", "transaction 2 upgraded", "session opened",
                  "changed 2 client/default/active to client/default/upgraded", "session closed", "closed 2"));
}

TEST_F(TimelineTest, ClassIsToldOnceItIsKnown) {
  play("CREATE NEW=9 DEST");
  EXPECT_THAT(recorder_.said, ElementsAre("opened 1 client", "closed 1"));
}

TEST_F(TimelineTest, LongConnectionKeepsItsFirstAndLastTransactions) {
  constexpr uint64_t kRequests = 10'007;
  play("ACCEPT");
  for (uint64_t i = 0; i < kRequests; ++i) play("FH('/a') FFC DROP('lws_http_transaction_completed') BIND");
  play("DEST");
  const Connection &connection = on('A');
  EXPECT_EQ(connection.transactions_total, kRequests);
  EXPECT_EQ(connection.bindings_total, kRequests);
  ASSERT_GE(connection.transactions.size(), kKeptFirst + kKeptLast);
  ASSERT_LE(connection.transactions.size(), kKeptFirst + 2 * kKeptLast);
  EXPECT_EQ(connection.transactions[kKeptFirst - 1].index, kKeptFirst);
  EXPECT_EQ(connection.transactions.back().index, kRequests);
  EXPECT_EQ(connection.transactions[connection.transactions.size() - kKeptLast].index, kRequests - kKeptLast + 1);
  EXPECT_LE(connection.bindings.size(), kKeptFirst + 2 * kKeptLast);
  EXPECT_EQ(timeline_.totals().transactions, kRequests);
}

TEST_F(TimelineTest, ContextsAreGoneWhenTheLastDestructionReturned) {
  EXPECT_FALSE(timeline_.contexts_gone());
  play("A:CONTEXT B:CONTEXT A:CONTEXT_END=0 A:CONTEXT_END=1");
  EXPECT_FALSE(timeline_.contexts_gone());
  play("B:CONTEXT_END=0");
  EXPECT_FALSE(timeline_.contexts_gone());
  play("B:CONTEXT_END=1");
  EXPECT_TRUE(timeline_.contexts_gone());
}

TEST_F(TimelineTest, WithoutCallsContextsAreGoneWhenEveryVhostIs) {
  play("VHOST VHOST PROTOCOL_INIT PROTOCOL_INIT PROTOCOL_DESTROY PROTOCOL_DESTROY[echo]");
  EXPECT_FALSE(timeline_.contexts_gone());
  play("PROTOCOL_DESTROY");
  EXPECT_TRUE(timeline_.contexts_gone());
}

TEST_F(TimelineTest, ContextThatIsOnlySeenToGoIsGone) {
  play("CONTEXT_END=1");
  EXPECT_TRUE(timeline_.contexts_gone());
}

// Pointers and ids come in any order in a damaged log: nothing may break.
TEST_F(TimelineTest, AnyOrderOfEventsIsFolded) {
  const char *words[] = {"CREATE",
                         "NEW=9",
                         "FH('/a')",
                         "BIND",
                         "DROP('lws_http_transaction_completed')",
                         "HTTP",
                         "EST",
                         "FNET=9",
                         "CBIND",
                         "DEST",
                         "CLOSED",
                         "FFC",
                         "FH('/b')<B",
                         "B:CREATE",
                         "B:DEST",
                         "B:FH('/c')<A",
                         "txnc=0",
                         "close('x')",
                         "failed('lws_adopt_socket')=3",
                         "refused('HTTP')",
                         "CONFIRM",
                         "GAP=1",
                         "RADOPT=3"};
  uint32_t random = 1;
  for (int i = 0; i < 100'003; ++i) {
    random = random * 1664525u + 1013904223u;
    play(words[(random >> 8) % std::size(words)]);
  }
  const Totals &totals = timeline_.totals();
  EXPECT_EQ(totals.opened - totals.closed, open().size());
  EXPECT_GE(totals.binds, totals.drops);
  EXPECT_GT(totals.closed, 1000u);
}

}  // namespace
}  // namespace wsitrace::test
