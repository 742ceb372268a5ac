// SPDX-License-Identifier: MIT
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
#include "agent/export/prometheus/metrics.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

constexpr Ns kOneSecond = 1'000'000'000;

TEST(CappedNames, NamesThatAreShownAlikeShareAnIndex) {
  CappedNames names;
  EXPECT_EQ(names.index_of(""), names.index_of("unknown"));
  EXPECT_EQ(names.index_of("a\xff"), names.index_of("a?"));
  EXPECT_EQ(names.index_of("overflow"), CappedNames::kOverflow);
}

TEST(CappedNames, OnlyWellFormedUtf8IsShown) {
  EXPECT_EQ(to_utf8("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\xb0"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\xb0");
  EXPECT_EQ(to_utf8("\xc3"), "?");                 // cut off
  EXPECT_EQ(to_utf8("\xc0\xaf"), "??");            // overlong
  EXPECT_EQ(to_utf8("\xed\xa0\x80"), "???");       // surrogate
  EXPECT_EQ(to_utf8("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
  EXPECT_EQ(to_utf8("a\xe2\x82z"), "a??z");
}

size_t series_in(const std::string &text) {
  std::istringstream lines(text);
  size_t series = 0;
  for (std::string line; std::getline(lines, line);) series += !line.empty() && line[0] != '#';
  return series;
}

// Fills every family, with names that want escaping.
void fill(Metrics &metrics) {
  ProcessFacts process;
  process.lws_version = "4.3.5-\xff\"v\\";
  process.attach = "plugin";
  process.started_real_ns = 1'700'000'000 * kOneSecond;
  metrics.add_process(process);
  Connection c;
  c.cls = ConnectionClass::kClient;
  c.origin = Origin::kAccepted;
  c.vhost = "quote\" back\\slash new\nline \xff";
  metrics.on_connection_opened(c);
  metrics.on_event_counted(k_WSI_CREATE);
  c.bindings.push_back({"http", 1, 2, "cause"});
  metrics.on_bound(c, c.bindings[0]);
  metrics.on_dropped(c, c.bindings[0]);
  for (uint32_t i = 1; i <= 2; ++i) {
    Transaction t;
    t.index = i;
    t.requested_ns = i * 10;
    t.completed_ns = i * 10 + 3;
    t.outcome = Outcome::kCompleted;
    t.pipelined = false;
    c.transactions.push_back(t);
    metrics.on_transaction_ended(c, t);
  }
  c.tls.emplace().handshake_ns = 5;
  metrics.on_tls_established(c);
  c.session = Session{"chat", 1, 2, 1000, 1000};
  metrics.on_session_opened(c);
  metrics.on_session_closed(c);
  Connection other = c;
  other.id = 2;
  metrics.on_connection_opened(other);
  c.closed_ns = 99;
  metrics.on_connection_closed(c);
  render_metrics(metrics);  // which the next one tells of
}

TEST(Render, PromtoolFindsNothing) {
  Metrics metrics;
  fill(metrics);
  const auto file = std::filesystem::temp_directory_path() / ("wsitrace-metrics-" + std::to_string(::getpid()));
  std::ofstream(file) << render_metrics(metrics);
  const std::string command = "promtool check metrics < " + file.string() + " 2>&1";
  FILE *promtool = ::popen(command.c_str(), "r");
  ASSERT_NE(promtool, nullptr);
  std::string said;
  for (char line[512]; std::fgets(line, sizeof(line), promtool) != nullptr;) said += line;
  EXPECT_EQ(::pclose(promtool), 0);
  EXPECT_EQ(said, "");
  std::filesystem::remove(file);
}

TEST(Render, ShowsEveryMetricOfTheContractThatHasData) {
  Metrics metrics;
  fill(metrics);
  const std::string out = render_metrics(metrics);
  for (const char *name : {"lws_connections_opened_total",
                           "lws_connections_closed_total",
                           "lws_connections_open",
                           "lws_connection_duration_seconds",
                           "lws_connection_oldest_start_time_seconds",
                           "lws_connection_transactions",
                           "lws_protocol_binds_total",
                           "lws_protocol_drops_total",
                           "lws_protocol_bindings_open",
                           "lws_transactions_total",
                           "lws_transaction_duration_seconds",
                           "lws_keepalive_idle_seconds",
                           "lws_websocket_sessions_open",
                           "lws_websocket_session_duration_seconds",
                           "lws_transactions_pipelined_total",
                           "lws_tls_handshake_duration_seconds",
                           "lws_findings",
                           "wsitrace_scrape_duration_seconds",
                           "wsitrace_scrape_size_bytes",
                           "wsitrace_events_recorded_total",
                           "wsitrace_events_lost_total",
                           "wsitrace_build_info"}) {
    EXPECT_THAT(out, HasSubstr(std::string("# HELP ") + name + " "));
    EXPECT_THAT(out, HasSubstr(std::string("# TYPE ") + name + " "));
  }
}

// Two vhosts, three protocols, every state, keep-alive traffic and sessions on 100,000 open connections.
TEST(Render, SeriesDoNotFollowTheNumberOfConnections) {
  const auto with = [](uint64_t connections, double *render_ms) {
    Metrics metrics;
    metrics.add_process(ProcessFacts{});
    constexpr std::string_view vhosts[] = {"default", "admin"};
    constexpr std::string_view protocols[] = {"http", "chat", "files"};
    for (uint16_t kind = 0; kind < 1010; ++kind) metrics.on_event_counted(kind);
    for (uint64_t id = 1; id <= connections; ++id) {
      Connection c;
      c.id = id;
      c.cls = ConnectionClass::kClient;
      c.origin = Origin::kAccepted;
      c.vhost = vhosts[id % 2];
      c.opened_ns = id;
      metrics.on_connection_opened(c);
      Connection now = c;
      now.state = static_cast<wsitrace::State>(id % 4);
      metrics.on_connection_changed(c, now);
      now.bindings.push_back({protocols[id % 3], 1, std::nullopt, {}});
      metrics.on_bound(now, now.bindings[0]);
      Transaction t;
      t.index = 1;
      t.version = "HTTP/1.1";
      t.protocol = protocols[id % 3];
      t.status = 200;
      t.requested_ns = id;
      t.completed_ns = id + 1000;
      t.outcome = Outcome::kCompleted;
      metrics.on_transaction_ended(now, t);
    }
    const auto from = std::chrono::steady_clock::now();
    const std::string out = render_metrics(metrics);
    *render_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count();
    return series_in(out);
  };
  double few_ms = 0;
  double many_ms = 0;
  const size_t few = with(101, &few_ms);
  const size_t many = with(100'000, &many_ms);
  EXPECT_EQ(few, many);
  EXPECT_LE(many, 300u);
  std::printf("series %zu, render with 101 open %.3f ms, with 100000 open %.3f ms\n", many, few_ms, many_ms);
}

TEST(Render, MayRunBesideTheFold) {
  Metrics metrics;
  std::thread fold([&] {
    for (uint64_t id = 1; id <= 20'011; ++id) {
      Connection c;
      c.id = id;
      c.opened_ns = id;
      metrics.on_event_counted(k_WSI_CREATE);
      metrics.on_connection_opened(c);
      c.closed_ns = id + 1;
      metrics.on_connection_closed(c);
    }
  });
  for (int i = 0; i < 101; ++i) EXPECT_THAT(render_metrics(metrics), HasSubstr("wsitrace_events_lost_total"));
  fold.join();
  EXPECT_THAT(render_metrics(metrics), HasSubstr("wsitrace_events_recorded_total{kind=\"WSI_CREATE\"} 20011\n"));
}

}  // namespace
}  // namespace wsitrace
