// SPDX-License-Identifier: MIT
#include "agent/cli/agent/program_metrics.h"

#include "agent/diagnosis/judged_log.h"
#include "tests/unit/cli/agent_fixture.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char *kOneRequest = "ACCEPT FH('/a') st=200 FFC BIND txnc=0 close('x') DROP('y') CLOSED_HTTP DEST";

// One process of PROGRAM with COUNT connections of one transaction each.
void play(ProgramMetrics &metrics, const std::string &program, uint32_t pid, int count, const char *end = "exit") {
  JudgedLog log;
  for (auto &observer : metrics.observers(program, log)) log.timeline.add(std::move(observer));
  Timeline &timeline = log.timeline;
  ProcessFacts facts;
  facts.pid = pid;
  facts.program = program;
  test::Script script(timeline, test::Form::kPreload);
  timeline.on_process(facts);
  for (int i = 0; i < count; ++i) script.play(kOneRequest);
  script.end(end);
}

std::string line_of(const char *name, const std::string &program, const std::string &labels, int value) {
  return std::string(name) + "{program=\"" + program + "\"," + labels + "} " + std::to_string(value) + "\n";
}

TEST(ProgramMetrics, ProcessesOfOneProgramAreAddedUpAndProgramsKeptApart) {
  ProgramMetrics metrics;
  play(metrics, "alpha", 1, 3);
  play(metrics, "alpha", 2, 5, "unknown");
  play(metrics, "beta", 3, 7);
  const std::string text = render_metrics(metrics);
  const char *opened = "lws_connections_opened_total";
  const std::string accepted = R"(vhost="default",class="client",origin="accepted")";
  EXPECT_THAT(text, HasSubstr(line_of(opened, "alpha", accepted, 3 + 5)));
  EXPECT_THAT(text, HasSubstr(line_of(opened, "beta", accepted, 7)));
  const char *ended = "wsitrace_agent_processes_ended_total";
  EXPECT_THAT(text, HasSubstr(line_of(ended, "alpha", R"(ended="exit")", 1)));
  EXPECT_THAT(text, HasSubstr(line_of(ended, "alpha", R"(ended="unknown")", 1)));
  EXPECT_THAT(text, HasSubstr(line_of(ended, "beta", R"(ended="unknown")", 0))) << "for a rate() to see the first";
  EXPECT_THAT(text, HasSubstr("wsitrace_agent_processes{program=\"alpha\"} 0\n"));
}

TEST(ProgramMetrics, EachFamilyIsToldOnce) {
  ProgramMetrics metrics;
  play(metrics, "alpha", 1, 3);
  play(metrics, "beta", 2, 3);
  const std::string text = render_metrics(metrics);
  const std::string type = "# TYPE lws_connections_opened_total";
  const size_t first = text.find(type);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find(type, first + 1), std::string::npos);
}

TEST(ProgramMetrics, ProgramsBeyondTheLimitShareOneName) {
  ProgramMetrics metrics;
  constexpr int kBeyond = 5;
  for (int i = 0; i < static_cast<int>(ProgramMetrics::kMaxPrograms) + kBeyond; ++i)
    play(metrics, "program" + std::to_string(i), static_cast<uint32_t>(i + 1), 1);
  const std::string text = render_metrics(metrics);
  const std::string accepted = R"(vhost="default",class="client",origin="accepted")";
  EXPECT_THAT(text, HasSubstr(line_of("lws_connections_opened_total", "overflow", accepted, kBeyond)));
  EXPECT_THAT(text, Not(HasSubstr("program16")));
}

TEST(ProgramMetrics, ExemplarsStayWithTheirSeries) {
  ProgramMetrics metrics;
  play(metrics, "alpha", 11, 1);
  play(metrics, "beta", 13, 1);
  for (const ExposedFamily &family : metrics.collect_exposed())
    EXPECT_TRUE(family.exemplars.empty() || family.exemplars.size() == family.family.metric.size())
        << family.family.name;
  const std::string text = render_open_metrics(metrics);
  EXPECT_THAT(text, HasSubstr("{connection=\"11/"));
  EXPECT_THAT(text, HasSubstr("{connection=\"13/"));
}

TEST(ProgramMetrics, WhatTheScrapesCostHasNoProgram) {
  ProgramMetrics metrics;
  play(metrics, "alpha", 1, 1);
  render_metrics(metrics);
  const std::string text = render_metrics(metrics);
  EXPECT_THAT(text, HasSubstr("\nwsitrace_scrape_duration_seconds "));
  EXPECT_THAT(text, Not(HasSubstr("\nlws_findings{kind")));
}

TEST(ProgramMetrics, DiagnosesAreCountedByProgramAndUnknownOnesAreNotZero) {
  ProgramMetrics metrics;
  for (const char *program : {"alpha", "beta", "gamma"}) play(metrics, program, 1, 1);
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr("lws_diagnoses")));
  metrics.set_diagnosed({{"alpha", {1, 2, 3}}, {"beta", {}}}, 1'700'000'000'500'000'000, 5);
  const std::string text = render_metrics(metrics);
  for (const char *series :
       {"lws_diagnoses{program=\"alpha\",severity=\"fault\"} 1\n",
        "lws_diagnoses{program=\"alpha\",severity=\"trouble\"} 2\n",
        "lws_diagnoses{program=\"alpha\",severity=\"note\"} 3\n",
        "lws_diagnoses{program=\"beta\",severity=\"fault\"} 0\n",
        "lws_diagnoses_time_seconds{program=\"beta\"} 1700000000.5\n", "\nwsitrace_traces_not_diagnosed 5\n"})
    EXPECT_THAT(text, HasSubstr(series));
  EXPECT_THAT(text, Not(HasSubstr("lws_diagnoses{program=\"gamma\"")));
  metrics.set_diagnosed({}, 0, 7);
  EXPECT_THAT(render_metrics(metrics), Not(HasSubstr("lws_diagnoses{")));
}

TEST(ProgramMetrics, RingsAreCountedByFate) {
  ProgramMetrics metrics;
  metrics.set_rings({.made = 1, .taken_over = 3, .left_to_owner = 2, .refused = 5});
  const std::string text = render_metrics(metrics);
  EXPECT_THAT(text, HasSubstr("wsitrace_agent_rings{fate=\"taken_over\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("wsitrace_agent_rings{fate=\"refused\"} 5\n"));
}

}  // namespace
}  // namespace wsitrace
