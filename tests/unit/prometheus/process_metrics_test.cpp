// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/process_metrics.h"
#include "agent/diagnosis/judged_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/diagnosis/check.h"
#include "agent/diagnosis/judge.h"
#include "agent/export/prometheus/counts.h"
#include "tests/unit/timeline/runs.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char *kConnectionLeft = "CONTEXT CBIND CONTEXT_END=0 CONTEXT_END=1";

// The log of one process, told in words.
class Process {
 public:
  explicit Process(Metrics &metrics, uint32_t pid = 4711, const char *attach = "preload") : observer_(metrics, log_) {
    log_.timeline.add(observer_);
    ProcessFacts facts;
    facts.pid = pid;
    facts.attach = attach;
    facts.started_mono_ns = Script::kStartNs;
    facts.started_real_ns = 1'700'000'000'000'000'000;
    log_.timeline.on_process(facts);
  }
  Process &plays(const char *words) {
    script_.play(words);
    log_.timeline.ask();
    return *this;
  }
  Process &runs(int reason, uint64_t at_ms, uint32_t lasted_ms) {
    tell_runs(log_.timeline, 'A', reason, Script::kStartNs + at_ms * 1'000'000, lasted_ms);
    log_.timeline.ask();
    return *this;
  }
  void ends() { script_.end("exit"); }

 private:
  JudgedLog log_;
  ProcessMetrics observer_;
  Script script_{log_.timeline, Form::kPreload};
};

std::string findings_of_kind(const std::string &kind, uint64_t count) {
  return "lws_findings{kind=\"" + kind + "\"} " + std::to_string(count) + "\n";
}

TEST(ProcessMetrics, EveryKindOfFindingIsShownAtZero) {
  const Metrics metrics;
  const std::string text = render_metrics(metrics);
  for (const Cause kind : fault_causes()) EXPECT_THAT(text, HasSubstr(findings_of_kind(name_of(kind), 0)));
  EXPECT_EQ(fault_causes().size(), kFaults);
}

constexpr const char *kRunning = "lws_callback_running_start_time_seconds{protocol=\"dyn\",callback=\"HTTP\"} ";

TEST(ProcessMetrics, CallbackThatKeepsItsLoopIsShownWhileItDoes) {
  Metrics metrics;
  Process process(metrics);
  process.plays("A:CBIND").runs(k_HTTP, 5000, 3000);
  EXPECT_THAT(render_metrics(metrics), HasSubstr(std::string(kRunning) + "1700000002\n"));
  process.runs(-1, 6000, 0);
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr(kRunning)));
}

TEST(ProcessMetrics, CallbackThatRunsALoopOfItsOwnKeepsNobody) {
  Metrics metrics;
  Process process(metrics);
  process.plays("A:CBIND").runs(k_HTTP, 5000, 3000).plays("+4000ms B:CREATE B:NEW=9 B:FH('/a')");
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr(kRunning)));
}

TEST(ProcessMetrics, SlowCallbacksAreCountedByHowLongTheyTook) {
  Metrics metrics;
  Process(metrics).plays("A:CBIND A:lasted[dyn]('HTTP')=300 A:lasted[dyn]('HTTP')=3000");
  const std::string text = render_metrics(metrics), name = "lws_slow_callback_duration_seconds";
  const std::string labels = R"({protocol="dyn",callback="HTTP")";
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"5.0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_sum" + labels + "} 3.3\n"));
}

constexpr const char *kSampled = "lws_callback_sampled_seconds_total{protocol=\"";

TEST(ProcessMetrics, SampledTimeInCallbacksIsAddedUp) {
  Metrics metrics;
  metrics.add_sampled("chat", k_RECEIVE, 250'000'000);
  metrics.add_sampled("chat", k_RECEIVE, 500'000'000);
  metrics.add_sampled("chat", 1003, 500'000'000);
  const std::string text = render_metrics(metrics);
  EXPECT_THAT(text, HasSubstr(std::string(kSampled) + "chat\",callback=\"RECEIVE\"} 0.75\n"));
  EXPECT_THAT(text, HasSubstr(std::string(kSampled) + "chat\",callback=\"other\"} 0.5\n"));
  EXPECT_THAT(text, HasSubstr(std::string(kSampled) + "none\",callback=\"none\"} 0\n"));
  metrics.add_sampled("", -1, 1'500'000'000);
  EXPECT_THAT(render_metrics(metrics), HasSubstr(std::string(kSampled) + "none\",callback=\"none\"} 1.5\n"));
}

TEST(ProcessMetrics, SeriesOfCallbacksAreLimited) {
  Metrics metrics;
  for (int protocol = 0; protocol < 23; ++protocol)
    for (const int reason : {int{k_HTTP}, int{k_RECEIVE}, int{k_CLOSED}})
      metrics.add_sampled("p" + std::to_string(protocol), reason, 1'000'000'000);
  const std::string text = render_metrics(metrics);
  size_t series = 0;
  for (size_t at = text.find(kSampled); at != std::string::npos; at = text.find(kSampled, at + 1)) ++series;
  EXPECT_EQ(series, kMostCallbacks + 2) << "overflow, and none";
  EXPECT_THAT(text, HasSubstr(std::string(kSampled) + "overflow\",callback=\"other\"} " +
                              std::to_string(69 - kMostCallbacks) + "\n"));
}

TEST(ProcessMetrics, FindingsAreSeenWhileTheLogGoesOn) {
  Metrics metrics;
  Process process(metrics);
  process.plays(kConnectionLeft);
  const std::string text = render_metrics(metrics);
  EXPECT_THAT(text, HasSubstr(findings_of_kind("connection_not_destroyed", 1)));
  EXPECT_THAT(text, HasSubstr(findings_of_kind("binding_not_dropped", 1)));
}

TEST(ProcessMetrics, FindingsAreAsOfTheLastTimeSomebodyAsked) {
  Metrics metrics;
  JudgedLog log;
  ProcessMetrics observer(metrics, log);
  log.timeline.add(observer);
  Script(log.timeline, Form::kPreload).play(kConnectionLeft);
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("connection_not_destroyed", 0)));
  log.timeline.ask();
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("connection_not_destroyed", 1)));
}

std::string open_connections(const char *cls, const char *state, int count) {
  return std::string("lws_connections_open{vhost=\"default\",class=\"") + cls + "\",state=\"" + state + "\"} " +
         std::to_string(count) + "\n";
}

TEST(ProcessMetrics, ConnectionThatAsksOnlyForWsitraceIsNoClient) {
  Metrics metrics;
  Process process(metrics, 4711, "plugin");
  process.plays("ACCEPT FH('/wsitrace/metrics') BIND[wsitrace] HTTP[wsitrace]");
  EXPECT_THAT(render_metrics(metrics), HasSubstr(open_connections("wsitrace", "active", 1)));
  EXPECT_THAT(render_metrics(metrics), HasSubstr(open_connections("client", "active", 0)));
  EXPECT_THAT(render_metrics(metrics),
              Not(HasSubstr("lws_connection_oldest_start_time_seconds{vhost=\"default\",class=\"client\"}")));
  process.plays("DEST");
  EXPECT_THAT(render_metrics(metrics), HasSubstr(open_connections("wsitrace", "active", 0)));
  EXPECT_THAT(render_metrics(metrics), HasSubstr("lws_connection_duration_seconds_count{class=\"wsitrace\"} 1\n"));
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr("lws_connection_duration_seconds_count{class=\"client\"}")));
}

TEST(ProcessMetrics, ConnectionThatAsksForSomethingElseIsAClientForGood) {
  Metrics metrics;
  Process process(metrics, 4711, "plugin");
  process.plays("ACCEPT FH('/a') st=200 FFC BIND txnc FH('/wsitrace/metrics') BIND[wsitrace] HTTP[wsitrace]");
  EXPECT_THAT(render_metrics(metrics), HasSubstr(open_connections("client", "active", 1)));
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr("class=\"wsitrace\"")));
}

TEST(ProcessMetrics, StreamsThatAskForWsitraceTakeTheirConnectionAlong) {
  Metrics metrics;
  Process process(metrics, 4711, "plugin");
  process.plays(
      "ACCEPT_TLS TLS('TLSv1.3/c/h2') B:CREATE B:FH('/wsitrace/metrics')<A B:BIND[wsitrace] B:HTTP[wsitrace]");
  EXPECT_THAT(render_metrics(metrics),
              Not(HasSubstr("lws_connection_oldest_start_time_seconds{vhost=\"default\",class=\"client\"}")));
  EXPECT_THAT(render_metrics(metrics),
              HasSubstr("lws_connection_oldest_start_time_seconds{vhost=\"default\",class=\"wsitrace\"}"));
}

TEST(ProcessMetrics, ProtocolThatIsOnlyCalledLikeThePluginsIsAClients) {
  Metrics metrics;
  Process process(metrics);
  process.plays("ACCEPT FH('/a') BIND[wsitrace] HTTP[wsitrace]");
  EXPECT_THAT(render_metrics(metrics), HasSubstr(open_connections("client", "active", 1)));
}

TEST(ProcessMetrics, FindingThatWasPrematureGoesAgain) {
  Metrics metrics;
  Process process(metrics);
  process.plays(kConnectionLeft);
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("connection_not_destroyed", 1)));
  process.plays("DEST");
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("connection_not_destroyed", 0)));
}

TEST(ProcessMetrics, FindingsOfAllProcessesAddUpAndStayWithTheirEnd) {
  Metrics metrics;
  for (uint32_t pid = 1; pid <= 7; ++pid) Process(metrics, pid).plays(kConnectionLeft).ends();
  Process alive(metrics);
  alive.plays(kConnectionLeft);
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("connection_not_destroyed", 8)));
}

TEST(ProcessMetrics, ForgottenContextIsAFindingOnceTheProcessHasEnded) {
  Metrics metrics;
  Process process(metrics);
  process.plays("A:CONTEXT B:CONTEXT C:CBIND A:CONTEXT_END=0 A:CONTEXT_END=1");
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("context_not_destroyed", 0)));
  process.ends();
  EXPECT_THAT(render_metrics(metrics), HasSubstr(findings_of_kind("context_not_destroyed", 1)));
}

// The same log, judged as `wsitrace check` does.
TEST(ProcessMetrics, CountsWhatACheckFinds) {
  for (const char *words : {kConnectionLeft, "CONTEXT L:FNET=7 CONTEXT_END=0 L:DEST CONTEXT_END=1", "CONTEXT CBIND",
                            "CONTEXT A:CBIND B:CBIND C:CBIND B:DEST CONTEXT_END=0 CONTEXT_END=1"}) {
    Judge judge;
    Timeline timeline(judge);
    Script script(timeline, Form::kPreload);
    script.play(words).end("exit");
    Metrics metrics;
    Process(metrics).plays(words).ends();
    std::map<Cause, uint64_t> expected;
    for (const Finding &finding : judge.verdict(timeline).findings) ++expected[finding.kind];
    const std::string text = render_metrics(metrics);
    for (const Cause kind : fault_causes())
      EXPECT_THAT(text, HasSubstr(findings_of_kind(name_of(kind), expected[kind]))) << words;
  }
}

TEST(ProcessMetrics, ExemplarsNameTheConnectionAndItsTime) {
  Metrics metrics;
  Process process(metrics);
  process.plays("+3ms ACCEPT FH('/a') st=200 FFC BIND txnc=0 close('x') DROP('y') CLOSED_HTTP +20ms DEST").ends();
  const std::string text = render_open_metrics(metrics);
  EXPECT_THAT(text,
              testing::ContainsRegex("lws_connection_duration_seconds_bucket\\{class=\"client\",le=\"0.1\"\\} 1 # "
                                     "\\{connection=\"4711/[0-9]+\"\\} 0.02[0-9]* 1700000000.02[0-9]\n"));
  EXPECT_THAT(text, testing::ContainsRegex("lws_transaction_duration_seconds_bucket\\{[^}]*\\} 1 # "
                                           "\\{connection=\"4711/[0-9]+\"\\} "));
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr("4711")));
}

TEST(ProcessMetrics, MetricsMayBeGoneBeforeTheLogIsDestroyed) {
  auto metrics = std::make_unique<Metrics>();
  const Process process(*metrics);
  metrics.reset();
}

}  // namespace
}  // namespace wsitrace::test
