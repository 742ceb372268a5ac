// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "agent/export/prometheus/capped_names.h"
#include "agent/lws/callbacks.h"
#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Ns kSecond = 1'000'000'000;

// A small language: a client connection that an accept brought, and what happens on it.
class MetricsTest : public ::testing::Test {
 protected:
  Connection opens(uint64_t id, Ns at_ns, std::string_view vhost = "default") {
    Connection c;
    c.id = id;
    c.cls = ConnectionClass::kClient;
    c.origin = Origin::kAccepted;
    c.vhost = vhost;
    c.opened_ns = at_ns;
    metrics_.on_connection_opened(c);
    return c;
  }
  void turns(Connection &c, wsitrace::State state) {
    const Connection before = c;
    c.state = state;
    metrics_.on_connection_changed(before, c);
  }
  void moves(Connection &c, std::string_view vhost) {
    const Connection before = c;
    c.vhost = vhost;
    metrics_.on_connection_changed(before, c);
  }
  void binds(Connection &c, std::string_view protocol) {
    c.bindings.push_back({protocol, 1, std::nullopt, {}});
    metrics_.on_bound(c, c.bindings.back());
  }
  void drops(Connection &c) {
    c.bindings.back().dropped_ns = 2;
    metrics_.on_dropped(c, c.bindings.back());
  }
  void serves(Connection &c, Ns requested_ns, Ns completed_ns, int status = 200,
              std::string_view version = "HTTP/1.1") {
    Transaction t;
    t.index = static_cast<uint32_t>(++c.transactions_total);
    t.version = version;
    t.status = status;
    t.protocol = "http";
    t.requested_ns = requested_ns;
    t.completed_ns = completed_ns;
    t.outcome = Outcome::kCompleted;
    c.transactions.push_back(t);
    metrics_.on_transaction_ended(c, t);
  }
  void closes(Connection &c, Ns at_ns, CloseReason reason = CloseReason::kPeerClosed) {
    c.closed_ns = at_ns;
    c.close = Close{reason, CloseBy::kPeer, CloseEvidence::kNone, "", std::nullopt};
    c.state = wsitrace::State::kClosed;
    metrics_.on_connection_closed(c);
  }
  [[nodiscard]] std::string text() const { return render_metrics(metrics_); }

  Metrics metrics_;
};

TEST_F(MetricsTest, ConnectionIsCountedOpenedOpenAndClosed) {
  Connection stays = opens(1, 7 * kSecond);
  Connection ends = opens(2, 11 * kSecond);
  turns(stays, wsitrace::State::kIdle);
  turns(ends, wsitrace::State::kActive);
  closes(ends, 13 * kSecond);
  const std::string out = text();
  EXPECT_THAT(out,
              HasSubstr("lws_connections_opened_total{vhost=\"default\",class=\"client\",origin=\"accepted\"} 2\n"));
  EXPECT_THAT(out,
              HasSubstr("lws_connections_closed_total{vhost=\"default\",class=\"client\",reason=\"peer_closed\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"idle\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"active\"} 0\n"));
  EXPECT_THAT(out, HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"handshake\"} 0\n"));
  EXPECT_THAT(out, HasSubstr("lws_connection_duration_seconds_count{class=\"client\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("lws_connection_duration_seconds_sum{class=\"client\"} 2\n"));
}

TEST_F(MetricsTest, CloseIsCountedOnceWhetherOrNotTheChangeToClosedWasTold) {
  Connection told = opens(1, 1);
  Connection untold = opens(2, 2);
  turns(told, wsitrace::State::kClosed);
  closes(told, 3);
  closes(untold, 4);
  EXPECT_THAT(text(), HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"handshake\"} 0\n"));
  EXPECT_THAT(text(), Not(HasSubstr("state=\"closed\"")));
}

TEST_F(MetricsTest, OldestStartFollowsTheOldestThatIsOpen) {
  ProcessFacts process;
  process.started_mono_ns = 5 * kSecond;
  process.started_real_ns = 1005 * kSecond;
  metrics_.add_process(process);
  Connection first = opens(1, 7 * kSecond);
  Connection second = opens(2, 11 * kSecond);
  Connection third = opens(3, 13 * kSecond);
  EXPECT_THAT(text(), HasSubstr("lws_connection_oldest_start_time_seconds{vhost=\"default\",class=\"client\"} 1007\n"));
  closes(second, 20 * kSecond);
  closes(first, 20 * kSecond);
  EXPECT_THAT(text(), HasSubstr("lws_connection_oldest_start_time_seconds{vhost=\"default\",class=\"client\"} 1013\n"));
  closes(third, 20 * kSecond);
  EXPECT_THAT(text(), Not(HasSubstr("lws_connection_oldest_start_time_seconds{")));
}

TEST_F(MetricsTest, TwoProcessesMayUseTheSameIdAtTheSameTime) {
  Connection of_one = opens(1, 7);
  Connection of_other = opens(1, 7);
  EXPECT_THAT(text(), HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"handshake\"} 2\n"));
  closes(of_one, 8);
  EXPECT_THAT(text(), HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"handshake\"} 1\n"));
  closes(of_other, 9);
  EXPECT_THAT(text(), HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"handshake\"} 0\n"));
}

TEST_F(MetricsTest, ConnectionThatMovesToAnotherVhostTakesItsBindingAndSessionAlong) {
  Connection c = opens(1, 1, "a");
  binds(c, "chat");
  c.session = Session{"chat", 2, std::nullopt, std::nullopt, std::nullopt};
  metrics_.on_session_opened(c);
  moves(c, "b");
  EXPECT_THAT(text(), HasSubstr("lws_protocol_bindings_open{vhost=\"a\",protocol=\"chat\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("lws_protocol_bindings_open{vhost=\"b\",protocol=\"chat\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("lws_websocket_sessions_open{vhost=\"a\",protocol=\"chat\"} 0\n"));
  drops(c);
  c.session->closed_ns = 3 + kSecond;
  metrics_.on_session_closed(c);
  closes(c, 4);
  EXPECT_THAT(text(), HasSubstr("lws_protocol_bindings_open{vhost=\"b\",protocol=\"chat\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("lws_websocket_sessions_open{vhost=\"b\",protocol=\"chat\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("lws_connections_open{vhost=\"b\",class=\"client\",state=\"handshake\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("lws_connections_opened_total{vhost=\"a\",class=\"client\",origin=\"accepted\"} 1\n"));
}

TEST_F(MetricsTest, BindsDropsAndOpenBindingsAreCountedByProtocol) {
  Connection c = opens(1, 1);
  for (int i = 0; i < 23; ++i) {
    binds(c, "http");
    if (i != 0) drops(c);
  }
  EXPECT_THAT(text(), HasSubstr("lws_protocol_binds_total{vhost=\"default\",protocol=\"http\"} 23\n"));
  EXPECT_THAT(text(), HasSubstr("lws_protocol_drops_total{vhost=\"default\",protocol=\"http\"} 22\n"));
  EXPECT_THAT(text(), HasSubstr("lws_protocol_bindings_open{vhost=\"default\",protocol=\"http\"} 1\n"));
}

TEST_F(MetricsTest, ConnectionOfADeadProcessLeavesTheGaugesAndCountsAsNothing) {
  Connection c = opens(1, 1);
  binds(c, "http");
  metrics_.forget_open(c);
  EXPECT_THAT(text(), HasSubstr("lws_connections_open{vhost=\"default\",class=\"client\",state=\"handshake\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("lws_protocol_bindings_open{vhost=\"default\",protocol=\"http\"} 0\n"));
  EXPECT_THAT(text(), Not(HasSubstr("lws_connections_closed_total{")));
  EXPECT_THAT(text(), Not(HasSubstr("lws_connection_oldest_start_time_seconds{")));
}

TEST_F(MetricsTest, TransactionsAreCountedByTheirOutcomeAndTimed) {
  Connection c = opens(1, 1);
  serves(c, 1 * kSecond, 1 * kSecond + 2'000'000);
  serves(c, 3 * kSecond, 3 * kSecond + 500, 404);
  serves(c, 4 * kSecond, 4 * kSecond + 500, 200, "made up/9");
  closes(c, 5 * kSecond);
  const std::string labels = "vhost=\"default\",protocol=\"http\"";
  EXPECT_THAT(text(), HasSubstr("lws_transactions_total{" + labels +
                                ",version=\"HTTP/1.1\",outcome=\"completed\",status_class=\"2xx\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("lws_transactions_total{" + labels +
                                ",version=\"HTTP/1.1\",outcome=\"completed\",status_class=\"4xx\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("version=\"other\""));
  EXPECT_THAT(text(), HasSubstr("lws_transaction_duration_seconds_count{" + labels + "} 3\n"));
  EXPECT_THAT(text(), HasSubstr("lws_transaction_duration_seconds_bucket{" + labels + ",le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text(), HasSubstr("lws_connection_transactions_sum{vhost=\"default\"} 3\n"));
}

TEST_F(MetricsTest, PipelinedRequestsAreCountedWhereItIsKnown) {
  Connection c = opens(1, 1);
  Transaction t;
  t.index = 1;
  metrics_.on_transaction_ended(c, t);
  EXPECT_THAT(text(), Not(HasSubstr("lws_transactions_pipelined_total{")));
  t.pipelined = false;
  metrics_.on_transaction_ended(c, t);
  EXPECT_THAT(text(), HasSubstr("lws_transactions_pipelined_total{vhost=\"default\"} 0\n"));
  t.pipelined = true;
  metrics_.on_transaction_ended(c, t);
  EXPECT_THAT(text(), HasSubstr("lws_transactions_pipelined_total{vhost=\"default\"} 1\n"));
}

TEST_F(MetricsTest, HandshakesAreTimedWhenTheyAreOver) {
  Connection c = opens(1, 1);
  c.tls.emplace();
  metrics_.on_tls_established(c);
  EXPECT_THAT(text(), Not(HasSubstr("lws_tls_handshake_duration_seconds_count{")));
  c.tls->handshake_ns = 30'000'000;
  metrics_.on_tls_established(c);
  EXPECT_THAT(text(), HasSubstr("lws_tls_handshake_duration_seconds_bucket{vhost=\"default\",le=\"0.05\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("lws_tls_handshake_duration_seconds_bucket{vhost=\"default\",le=\"0.02\"} 0\n"));
}

TEST_F(MetricsTest, IdleTimeLiesBetweenATransactionsEndAndTheNextRequest) {
  Connection c = opens(1, 1);
  serves(c, 1 * kSecond, 2 * kSecond);
  serves(c, 5 * kSecond, 6 * kSecond);
  serves(c, 6 * kSecond - 1, 7 * kSecond);  // asked before the previous one ended: not idle
  EXPECT_THAT(text(), HasSubstr("lws_keepalive_idle_seconds_count{vhost=\"default\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("lws_keepalive_idle_seconds_sum{vhost=\"default\"} 3\n"));
}

TEST_F(MetricsTest, SessionsAreCountedOpenAndTimed) {
  Connection c = opens(1, 1);
  c.session = Session{"chat", 1 * kSecond, std::nullopt, std::nullopt, std::nullopt};
  metrics_.on_session_opened(c);
  EXPECT_THAT(text(), HasSubstr("lws_websocket_sessions_open{vhost=\"default\",protocol=\"chat\"} 1\n"));
  c.session->closed_ns = 8 * kSecond;
  metrics_.on_session_closed(c);
  EXPECT_THAT(text(), HasSubstr("lws_websocket_sessions_open{vhost=\"default\",protocol=\"chat\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("lws_websocket_session_duration_seconds_sum{vhost=\"default\",protocol=\"chat\"} 7\n"));
}

TEST_F(MetricsTest, EventsAreCountedByKindAndUnknownOnesAsOther) {
  for (int i = 0; i < 101; ++i) metrics_.on_event_counted(k_WSI_DESTROY);
  metrics_.on_event_counted(k_gap);
  metrics_.on_event_counted(127);
  metrics_.on_event_counted(999);
  metrics_.on_event_counted(0xffff);
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_recorded_total{kind=\"WSI_DESTROY\"} 101\n"));
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_recorded_total{kind=\"gap\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_recorded_total{kind=\"other\"} 3\n"));
}

// X-macro: a kind that gets no counter of its own would hide in "other".
TEST_F(MetricsTest, EveryNamedKindHasASeries) {
  size_t kinds = 0;
  for (uint16_t kind = 0; kind < 2000; ++kind) {
    if (kind_name(kind) == nullptr) continue;
    ++kinds;
    metrics_.on_event_counted(kind);
    EXPECT_THAT(text(), HasSubstr(std::string("{kind=\"") + kind_name(kind) + "\"} 1\n"));
  }
  EXPECT_GT(kinds, 40u);
}

TEST_F(MetricsTest, KnownLossCausesAreShownAtZeroAndAddUpOverProcesses) {
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_lost_total{cause=\"ring_full\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_lost_total{cause=\"no_ring\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_lost_total{cause=\"no_process\"} 0\n"));
  const Loss none, some{0, 7, {{"ring_full", 7}}}, more{0, 13, {{"ring_full", 11}, {"strange", 2}}};
  metrics_.add_loss(none, some);
  metrics_.add_loss(some, more);
  metrics_.add_loss(none, some);  // another process
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_lost_total{cause=\"ring_full\"} 18\n"));
  EXPECT_THAT(text(), HasSubstr("wsitrace_events_lost_total{cause=\"unknown\"} 2\n"));
}

TEST_F(MetricsTest, BuildInfoNamesEachCombinationOnce) {
  ProcessFacts process;
  process.lws_version = "4.1.6";
  process.attach = "preload";
  metrics_.add_process(process);
  metrics_.add_process(process);
  EXPECT_THAT(text(), HasSubstr("wsitrace_build_info{version=\"" WSITRACE_VERSION
                                "\",lws_version=\"4.1.6\",attach=\"preload\"} 1\n"));
  EXPECT_EQ(text().find("wsitrace_build_info{"), text().rfind("wsitrace_build_info{"));
}

TEST_F(MetricsTest, VhostsAndProtocolsBeyondTheCapShareOverflow) {
  for (uint64_t i = 0; i < CappedNames::kMaxNames + 7; ++i) {
    const std::string name = "v" + std::to_string(i);
    Connection c = opens(i, i, name);
    const std::string protocol = "p" + std::to_string(i);
    binds(c, protocol);
  }
  EXPECT_THAT(text(),
              HasSubstr("lws_connections_opened_total{vhost=\"v15\",class=\"client\",origin=\"accepted\"} 1\n"));
  EXPECT_THAT(text(),
              HasSubstr("lws_connections_opened_total{vhost=\"overflow\",class=\"client\",origin=\"accepted\"} 7\n"));
  EXPECT_THAT(text(), HasSubstr("lws_protocol_binds_total{vhost=\"overflow\",protocol=\"overflow\"} 7\n"));
  EXPECT_THAT(text(), Not(HasSubstr("v16")));
}

}  // namespace
}  // namespace wsitrace
