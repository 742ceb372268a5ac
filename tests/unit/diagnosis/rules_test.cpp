// SPDX-License-Identifier: MIT
//
// Each rule of the judge on the least that makes it speak, and on what looks like it and is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/diagnosis/faults/rules.h"
#include "agent/diagnosis/judge.h"
#include "agent/diagnosis/scope.h"
#include "agent/lws/callbacks.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Ns kMs = 1'000'000;

auto is(Cause kind, uint64_t count) {
  return AllOf(Field("kind", &Finding::kind, kind), Field("count", &Finding::count, count));
}

std::vector<Finding> judged(const std::string &words) {
  Judge judge;
  Timeline timeline(judge);
  Script script(timeline, Form::kPreload);
  script.play(words);
  timeline.on_loss({});
  script.end("exit");
  return judge.verdict(timeline).findings;
}

std::vector<Finding> judged(const Connection &connection) {
  Judge judge;
  Timeline timeline(judge);
  judge.on_connection_closed(connection);
  return judge.verdict(timeline).findings;
}

// A handler of "dyn" was called for GET; lws's timeout ended it 2 s later.
Connection unanswered() {
  Connection connection;
  connection.id = 7;
  connection.cls = ConnectionClass::kClient;
  connection.origin = Origin::kAccepted;
  connection.vhost = "app";
  connection.opened_ns = 1000 * kMs;
  connection.state = State::kClosed;
  connection.closed_ns = 3100 * kMs;
  connection.last_callback = k_HTTP;
  connection.last_callback_protocol = "dyn";
  connection.tcp = Tcp{};
  connection.close = Close{CloseReason::kTimeout, CloseBy::kLws, CloseEvidence::kPendingTimeout, {}, {}};
  Transaction transaction;
  transaction.index = 1;
  transaction.method = "GET";
  transaction.protocol = "dyn";
  transaction.requested_ns = 1050 * kMs;
  transaction.handled_ns = 1060 * kMs;
  transaction.completed_ns = 3100 * kMs;
  transaction.outcome = Outcome::kAborted;
  connection.transactions.push_back(transaction);
  return connection;
}

TEST(Rules, HandlerThatNeverAnswersIsFound) {
  const auto findings = judged(unanswered());
  ASSERT_THAT(findings, ElementsAre(is(Cause::kTransactionNotCompleted, 1)));
  EXPECT_EQ(findings[0].vhost, "app");
  EXPECT_EQ(findings[0].protocol, "dyn");
  EXPECT_EQ(findings[0].last_callback, "HTTP of protocol dyn");
  EXPECT_THAT(findings[0].connections, ElementsAre(7));
}

TEST(Rules, TheLastCallbackHasANameWhicheverItIs) {
  Connection connection = unanswered();
  connection.tcp->peer_closed_ns = 5000 * kMs;
  for (const auto &[callback, text] : {std::pair<uint16_t, std::string>{k_ESTABLISHED, "ESTABLISHED"},  // number 0
                                       {21, "callback 21"},  // as a file may say
                                       {777, "callback 777"}}) {
    connection.last_callback = callback;
    EXPECT_EQ(judged(connection).at(0).last_callback, text + " of protocol dyn");
  }
  connection.last_callback.reset();
  EXPECT_EQ(judged(connection).at(0).last_callback, "");
}

TEST(Rules, PeerThatDoesNotReadIsNoFaultOfTheHandler) {
  Connection connection = unanswered();
  connection.tcp->unsent_bytes = 1;
  EXPECT_THAT(judged(connection), IsEmpty());
}

TEST(Rules, PeerThatDoesNotSendItsBodyIsNoFaultOfTheHandler) {
  Connection connection = unanswered();
  connection.transactions[0].method = "POST";
  EXPECT_THAT(judged(connection), IsEmpty());
  connection.last_callback = k_HTTP_BODY_COMPLETION;
  EXPECT_THAT(judged(connection), ElementsAre(is(Cause::kTransactionNotCompleted, 1)));
}

TEST(Rules, ClientThatLeavesEarlyIsNoFaultOfTheHandler) {
  Connection connection = unanswered();
  connection.close = Close{CloseReason::kPeerClosed, CloseBy::kPeer, CloseEvidence::kCloseCall, {}, {}};
  EXPECT_THAT(judged(connection), IsEmpty());
  connection.transactions[0].written_ns = 3060 * kMs;  // 40 ms before the end: it may yet have completed
  EXPECT_THAT(judged(connection), IsEmpty());
  connection.transactions[0].written_ns = 3000 * kMs;
  EXPECT_THAT(judged(connection), ElementsAre(is(Cause::kTransactionNotCompleted, 1)));
}

TEST(Rules, ConnectionsWithTheSameFaultAreOneFinding) {
  Judge judge;
  Timeline timeline(judge);
  for (uint64_t id : {3, 1, 2}) {
    Connection connection = unanswered();
    connection.id = id;
    judge.on_connection_closed(connection);
  }
  const auto findings = judge.verdict(timeline).findings;
  ASSERT_THAT(findings, ElementsAre(is(Cause::kTransactionNotCompleted, 3)));
  EXPECT_THAT(findings[0].connections, ElementsAre(1, 2, 3));
}

TEST(Rules, PeerThatWasGoneForASecondIsFound) {
  Connection connection = unanswered();
  connection.transactions.clear();
  connection.tcp->peer_closed_ns = 999 * kMs;
  EXPECT_THAT(judged(connection), IsEmpty());
  connection.tcp->peer_closed_ns = 1000 * kMs;
  EXPECT_THAT(judged(connection), ElementsAre(is(Cause::kPeerGone, 1)));
  connection.close->by = CloseBy::kPeer;  // lws was late, but it saw it
  EXPECT_THAT(judged(connection), IsEmpty());
}

TEST(Rules, ContextThatWasForgottenAmongOthersIsFound) {
  EXPECT_THAT(judged("A:CONTEXT B:CONTEXT B:CONTEXT_END=0 B:CONTEXT_END=1"),
              ElementsAre(is(Cause::kContextNotDestroyed, 1)));
  EXPECT_THAT(judged("A:CONTEXT B:CONTEXT"), IsEmpty());
}

TEST(Rules, VhostThatOutlivesItsContextIsFound) {
  const std::string made = "CONTEXT V:VHOST[@front] W:VHOST[@back] P:PROTOCOL_INIT[a0@front] P:PROTOCOL_INIT[b0@back] ";
  const std::string ended = "CONTEXT_END=0 P:PROTOCOL_DESTROY[a0@front] ";
  const auto findings = judged(made + ended + "CONTEXT_END=1");
  ASSERT_THAT(findings, ElementsAre(is(Cause::kVhostNotDestroyed, 1)));
  EXPECT_EQ(findings[0].vhost, "back");
  EXPECT_THAT(judged("CONTEXT V:VHOST[@front] CONTEXT_END=0 CONTEXT_END=1"), IsEmpty());  // lws_service() never ran
  EXPECT_THAT(judged(made + ended + "P:PROTOCOL_DESTROY[b0@back] CONTEXT_END=1"), IsEmpty());
}

// lws does not tell a vhost PROTOCOL_DESTROY that it has not initialized.
TEST(Rules, VhostWhoseInitWasRefusedIsNotLeft) {
  const std::string refused =
      "CONTEXT V:VHOST[@front] P:PROTOCOL_INIT[a0@front] P:PROTOCOL_INIT[a1@front] P:objected('INIT') ";
  EXPECT_THAT(judged(refused + "CONTEXT_END=0 CONTEXT_END=1"), IsEmpty());
}

TEST(Rules, VhostsThatAConnectionOfAnotherHoldsAreNotTold) {
  EXPECT_THAT(judged("CONTEXT V:VHOST[@system] W:VHOST[@app] P:PROTOCOL_INIT[s0@system] ACCEPT[p0@app] "
                     "CONTEXT_END=0 CONTEXT_END=1"),
              ElementsAre(is(Cause::kConnectionNotDestroyed, 2)));  // the connection and its listener
}

TEST(Rules, DescriptorsThatContextAfterContextLeavesAreFound) {
  EXPECT_THAT(judged("A:CONTEXT A:CONTEXT_END=0 A:left('eventfd')=5 A:CONTEXT_END=1"), IsEmpty());
  EXPECT_THAT(judged("A:CONTEXT B:CONTEXT A:CONTEXT_END=0 A:left('eventfd')=5 A:CONTEXT_END=1 "
                     "B:CONTEXT_END=0 B:left('eventfd')=6 B:CONTEXT_END=1"),
              IsEmpty());
  std::string cycles;
  for (int i = 0; i < 25; ++i)
    cycles += "A:CONTEXT A:CONTEXT_END=0 A:left('eventfd')=" + std::to_string(5 + i) + " A:CONTEXT_END=1 ";
  const auto findings = judged(cycles);
  ASSERT_THAT(findings, ElementsAre(is(Cause::kDescriptorLeft, 25)));
  EXPECT_THAT(findings[0].message,
              AllOf(HasSubstr("eventfd"), HasSubstr("5 of context 1"), HasSubstr("of context 25")));
}

// COUNT attempts, GAP_MS after one another.
std::vector<Finding> attempts(uint64_t count, Ns gap_ns, bool some_succeed = false) {
  Judge judge;
  Timeline timeline(judge);
  Connection connection;
  connection.cls = ConnectionClass::kClient;
  connection.origin = Origin::kOutbound;
  connection.target = "127.0.0.1:7681";
  for (uint64_t i = 1; i <= count; ++i) {
    connection.id = i;
    connection.opened_ns = connection.last_sign_ns.emplace(1000 * kMs + i * gap_ns);
    connection.state = State::kHandshake;
    judge.on_connection_opened(connection);
    if (!some_succeed || i % 4 != 0) continue;
    Event answered{};
    answered.kind = k_ESTABLISHED_CLIENT_HTTP;
    answered.time_ns = connection.opened_ns + kMs;
    judge.on_connection_event(connection, answered, {});
  }
  return judge.verdict(timeline).findings;
}

TEST(Rules, AttemptsThatPileUpAreFound) {
  const auto findings = attempts(11, 50 * kMs);
  ASSERT_THAT(findings, ElementsAre(is(Cause::kConnectsPilingUp, 11)));
  EXPECT_THAT(findings[0].message, HasSubstr("to 127.0.0.1:7681"));
}

TEST(Rules, BurstAndSlowAnswersAreNoPile) {
  EXPECT_THAT(attempts(101, 0), IsEmpty());
  EXPECT_THAT(attempts(7, 100 * kMs), IsEmpty());
  EXPECT_THAT(attempts(101, 50 * kMs, true), IsEmpty());
}

TEST(Rules, RequestsThatShareAConnectionAreAnsweredOnIt) {
  std::string words = "connect('h/0')=1 A:CBIND A:NEW=9 A:CREATE B:CREATE B:APPEND<A B:ANSWER=200 ";
  for (const char wsi : {'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'M', 'N'}) {
    const std::string one{wsi, ':'};
    words += "+50 connect('h/1')=1 " + one + "CBIND " + one + "NEW=-1 " + one + "APPEND<A " + one + "ANSWER=200 ";
  }
  EXPECT_THAT(judged(words), IsEmpty());
}

TEST(Rules, NoHandlerOwesTheAnswerToARequestOfOurOwn) {
  EXPECT_THAT(
      judged("connect('h/0')=1 A:CBIND A:NEW=9 A:CREATE B:CREATE B:APPEND<A +200 B:written=200 B:CLOSED_CLIENT_HTTP "
             "B:DEST A:DEST"),
      IsEmpty());
}

// LOADS loads of BEGUN connections each, of which ENDED end.
std::vector<Finding> loads(int count, int begun, int ended) {
  Judge nobody;
  Timeline timeline(nobody);
  Growth growth;
  Groups groups;
  Connection connection;
  connection.cls = ConnectionClass::kClient;
  connection.origin = Origin::kAccepted;
  connection.vhost = "app";
  Ns now_ns = 0;
  for (int load = 0; load < count; ++load, now_ns += 500 * kMs) {
    std::vector<Connection> open;
    for (int i = 0; i < begun; ++i) {
      ++connection.id;
      connection.opened_ns = now_ns += kMs;
      growth.opened(connection);
      open.push_back(connection);
    }
    for (int i = 0; i < ended; ++i) {
      open[static_cast<size_t>(i)].closed_ns = now_ns += kMs;
      open[static_cast<size_t>(i)].close = Close{CloseReason::kPeerClosed, CloseBy::kPeer, {}, {}, {}};
      growth.closed(open[static_cast<size_t>(i)]);
    }
  }
  growth.judge(timeline, groups);
  return groups.findings(now_ns);
}

TEST(Rules, WhatEachLoadLeavesOpenIsFound) {
  EXPECT_THAT(loads(5, 11, 9), ElementsAre(is(Cause::kConnectionsGrow, 10)));
}

TEST(Rules, ClientsThatStayAndLoadsThatEndAreNoGrowth) {
  EXPECT_THAT(loads(5, 11, 11), IsEmpty());
  EXPECT_THAT(loads(5, 11, 0), IsEmpty());  // they come and stay
  EXPECT_THAT(loads(3, 11, 9), IsEmpty());
}

// Hears for a scope that begins in the middle of a log.
class Middle : public TimelineObserver {
 public:
  void on_connection_opened(const Connection &c) override {
    if (scope) scope->on_connection_opened(c);
  }
  void on_connection_closed(const Connection &c) override {
    if (scope) scope->on_connection_closed(c);
  }
  std::optional<Scope> scope;
};

TEST(Scopes, WhatBeginsInAScopeMustEndInIt) {
  Middle middle;
  Timeline timeline(middle);
  Script script(timeline, Form::kPreload);
  script.play("A:ACCEPT B:ACCEPT");
  middle.scope.emplace(timeline);
  EXPECT_EQ(middle.scope->verdict(timeline).exit_status(), 0);
  script.play("C:ACCEPT D:ACCEPT A:DEST C:DEST");
  const Verdict verdict = middle.scope->verdict(timeline);
  EXPECT_EQ(verdict.exit_status(), 1);
  ASSERT_THAT(verdict.findings, ElementsAre(is(Cause::kConnectionLeftOpen, 1)));
  EXPECT_THAT(verdict.findings[0].connections, ElementsAre(5));  // the listener is 1
  script.play("D:DEST");
  EXPECT_EQ(middle.scope->verdict(timeline).exit_status(), 0);
}

TEST(Scopes, OnlyWhatIsLostInAScopeSpoilsIt) {
  Middle middle;
  Timeline timeline(middle);
  timeline.on_loss({.recorded = 9, .lost = 2, .by_cause = {}});
  middle.scope.emplace(timeline);
  EXPECT_EQ(middle.scope->verdict(timeline).exit_status(), 0);
  timeline.on_loss({.recorded = 9, .lost = 3, .by_cause = {}});
  EXPECT_EQ(middle.scope->verdict(timeline).exit_status(), 3);
}

}  // namespace
}  // namespace wsitrace::test
