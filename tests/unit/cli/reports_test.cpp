// SPDX-License-Identifier: MIT
#include "agent/cli/run/reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/collect/trace_writer.h"
#include "agent/export/live/live_board.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ParseFormat, FileFollowsTheFirstEqualsSign) {
  const auto wanted = parse_format("json=a=b.json");
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->format->name, "json");
  EXPECT_EQ(wanted->file, "a=b.json");
}

TEST(ParseFormat, UnknownFormatAndMissingFileAreErrors) {
  EXPECT_FALSE(parse_format("yaml"));
  EXPECT_FALSE(parse_format("json="));
  EXPECT_FALSE(parse_format(""));
}

class ReportsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/wsitrace-reports-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string &name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::string content(const std::string &name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }

  // The log of a process that opens `connections` connections and closes all but one.
  static void tell(const std::vector<std::shared_ptr<LogSink>> &sinks, uint32_t pid, uint64_t connections) {
    ProcessFacts facts;
    facts.pid = pid;
    facts.program = "host";
    facts.started_mono_ns = 1000;
    for (const auto &sink : sinks) {
      sink->on_process(facts);
      sink->on_string(1, "http");
      for (uint64_t i = 1; i <= connections; ++i) {
        sink->on_event(event(k_SERVER_NEW_CLIENT_INSTANTIATED, i), {});
        if (i > 1) sink->on_event(event(k_WSI_DESTROY, i), {});
      }
      sink->on_loss({2 * connections - 1, 0, {}});
      sink->on_end({"exit", 0, std::nullopt});
    }
  }
  static Event event(uint16_t kind, uint64_t connection) {
    Event made{};
    made.kind = kind;
    made.time_ns = 1000 + connection * 1009;
    made.wsi = connection << 8;
    made.protocol = 1;
    made.flags = kFirstProtocol;
    return made;
  }

  std::string directory_;
};

TEST_F(ReportsTest, LiveReportIsTheSameAsThatOfTheTrace) {
  auto reports = Reports::open(*parse_formats({"json=" + path("live.json")}), false);
  ASSERT_TRUE(reports);
  std::vector<std::shared_ptr<LogSink>> sinks{(*reports)->sink(true, nullptr)};
  sinks.push_back(*TraceWriter::create(path("out.wsitrace"), 7));
  tell(sinks, 4711, 23);
  sinks.clear();
  EXPECT_TRUE((*reports)->finish());
  EXPECT_EQ(content("live.json"), json_report(path("out.wsitrace")));
  EXPECT_THAT(content("live.json"), HasSubstr("\"opened\":23,\"closed\":22"));
}

TEST_F(ReportsTest, OnlyTheFirstProcessIsReportedAndAllAreJudged) {
  auto reports = Reports::open(*parse_formats({"json=" + path("live.json")}), true);
  ASSERT_TRUE(reports);
  EXPECT_NE((*reports)->sink(true, nullptr), nullptr);
  EXPECT_NE((*reports)->sink(false, nullptr), nullptr);
  EXPECT_THAT((*reports)->verdicts({}), SizeIs(2));
}

TEST_F(ReportsTest, WithoutCheckThereIsNoVerdict) {
  auto reports = Reports::open({}, false);
  ASSERT_TRUE(reports);
  EXPECT_TRUE((*reports)->finish());
  EXPECT_THAT((*reports)->verdicts({}), SizeIs(0));
}

// What is served, reported and judged is folded once: the same log gives all of it.
TEST_F(ReportsTest, LogThatIsServedIsReportedAndJudgedFromTheSameFold) {
  auto reports = Reports::open(*parse_formats({"json=" + path("live.json")}), true);
  ASSERT_TRUE(reports);
  LiveBoard board;
  const auto live = board.listener();
  const auto sink = (*reports)->sink(true, live);
  EXPECT_EQ(sink, live);
  tell({sink}, 4711, 23);
  EXPECT_TRUE((*reports)->finish());
  EXPECT_THAT(content("live.json"), HasSubstr("\"opened\":23,\"closed\":22"));
  const auto verdicts = (*reports)->verdicts({});
  ASSERT_THAT(verdicts, SizeIs(1));
  EXPECT_EQ(verdicts[0].live_at_exit, 1u);
  EXPECT_EQ(verdicts[0].connections, 23u);
}

TEST_F(ReportsTest, WhatNobodyAskedForIsNotFolded) {
  auto reports = Reports::open(*parse_formats({"json=" + path("live.json")}), false);
  ASSERT_TRUE(reports);
  EXPECT_EQ((*reports)->sink(false, nullptr), nullptr);
}

TEST_F(ReportsTest, FileThatCannotBeMadeIsAnErrorAtOnce) {
  EXPECT_FALSE(Reports::open(*parse_formats({"json=" + path("missing/live.json")}), false));
}

TEST_F(ReportsTest, FullDiskIsToldAtTheEnd) {
  auto reports = Reports::open(*parse_formats({"json=/dev/full"}), false);
  ASSERT_TRUE(reports);
  tell({(*reports)->sink(true, nullptr)}, 4711, 23);
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE((*reports)->finish());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("wsitrace: /dev/full: "));
}

TEST_F(ReportsTest, TraceThatCannotBeReadIsNoReport) {
  EXPECT_THROW(json_report(path("missing.wsitrace")), std::runtime_error);
}

}  // namespace
}  // namespace wsitrace
