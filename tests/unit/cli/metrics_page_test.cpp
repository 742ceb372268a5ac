// SPDX-License-Identifier: MIT
//
// The table of deploy/manual/metrics.md is what the code renders. Regenerate: WSITRACE_UPDATE_GOLDEN=1 bin/unit_cli (from the build
// folder).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "agent/cli/agent/program_metrics.h"
#include "agent/diagnosis/judged_log.h"
#include "agent/lws/callbacks.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace {
namespace {

// A process in which everything happens that a metric counts: a second request on a connection and a pipelined one, a websocket
// session over TLS, an end by the peer, one that stays open.
constexpr const char *kEverything =
    "CONTEXT ACCEPT FH('/a') st=200 FFC BIND txnc=0#1 +5 FH('/b')#1 st=200 FFC txnc=0 close('x') DROP('y') CLOSED_HTTP "
    "DEST "
    "B:ACCEPT_TLS B:HANDSHAKE=8 B:TLS('TLSv1.3/TLS_AES_256_GCM_SHA384/') B:CONFIRM('/ws') B:BIND[echo] B:FILTER[echo] "
    "B:EST[echo] "
    "B:PEER_CLOSE[echo]=1001 B:close('close_and_handled') B:WSDROP[echo]('z') B:CLOSED[echo] B:DEST C:ACCEPT";

const char *word_of(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter: return "counter";
    case prometheus::MetricType::Gauge: return "gauge";
    case prometheus::MetricType::Histogram: return "histogram";
    default: return "unknown";
  }
}

// "program" stands on every family that is not the agent's own: the page says so once.
std::string row_of(const prometheus::MetricFamily &family) {
  const bool of_agent = family.name.starts_with("wsitrace_agent_");
  std::string labels;
  for (const auto &label : family.metric.front().label)
    if (of_agent || label.name != "program") labels += (labels.empty() ? "`" : " `") + label.name + "`";
  return "| `" + family.name + "` | " + (labels.empty() ? "–" : labels) + " | " + word_of(family.type) + " | " +
         family.help + " |\n";
}

void callback_lasts(Timeline &timeline) {
  Event event{};
  event.kind = k_callback_runs;
  event.value = k_RECEIVE;
  event.time_ns = timeline.last_event_ns() + 1'000'000'000;
  const std::array<std::byte, kSlotBytes> items{std::byte{kItemLasted}, std::byte{4}, std::byte{200}};
  timeline.on_event(event, items);
}

std::vector<prometheus::MetricFamily> everything() {
  ProgramMetrics metrics;
  JudgedLog log;
  for (auto &observer : metrics.observers("program", log)) log.timeline.add(std::move(observer));
  Timeline &timeline = log.timeline;
  timeline.on_process({});
  test::Script script(timeline, test::Form::kPreload);
  script.play(kEverything);
  callback_lasts(timeline);
  script.play("Z:CBIND Z:lasted('RECEIVE')=300");
  metrics.add_sampled("program", "p0", k_RECEIVE, 1);
  timeline.ask();
  metrics.set_diagnosed({{"program", {}}}, 1, 0);
  metrics.on_rendered(1, 1);
  return metrics.Collect();
}

std::string table() {
  std::string text = "| Metric | Labels | Type | What |\n|---|---|---|---|\n";
  for (const auto &family : everything()) text += row_of(family);
  return text;
}

TEST(MetricsPage, TableIsWhatTheCodeRenders) {
  const std::string begin = "<!-- metrics -->\n", end = "<!-- /metrics -->\n";
  std::ostringstream page;
  page << std::ifstream(WSITRACE_METRICS_PAGE).rdbuf();
  std::string text = page.str();
  const size_t from = text.find(begin), to = text.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const size_t start = from + begin.size();
  if (std::getenv("WSITRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(WSITRACE_METRICS_PAGE) << text.replace(start, to - start, table());
    return;
  }
  EXPECT_EQ(text.substr(start, to - start), table()) << "regenerate with WSITRACE_UPDATE_GOLDEN=1 bin/unit_cli";
}

}  // namespace
}  // namespace wsitrace
