// SPDX-License-Identifier: MIT
#include "agent/collect/agent_info.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "agent/base/fd.h"
#include "tests/unit/collect/fake_host.h"

namespace wsitrace {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

uint32_t pid_that_is_gone() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return static_cast<uint32_t>(child);
}

class AgentInfoTest : public testing::Test {
 protected:
  void make(const std::string &name) const { std::ofstream(directory.file(name)) << "x"; }
  [[nodiscard]] std::string place() const { return directory.file("."); }

  TestDirectory directory;
  uint32_t own = static_cast<uint32_t>(::getpid());
};

TEST_F(AgentInfoTest, WhatAnAgentWroteIsReadWhileItLives) {
  ASSERT_TRUE(write_agent_info(place(), {own, "http://127.0.0.1:9464/", "/var/lib/some place"}));
  const auto info = agent_of(place());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->pid, own);
  EXPECT_EQ(info->url, "http://127.0.0.1:9464/");
  EXPECT_EQ(info->traces, "/var/lib/some place");
  ASSERT_TRUE(write_agent_info(place(), {pid_that_is_gone(), "", ""}));
  EXPECT_FALSE(agent_of(place()));
  remove_agent_info(place());
  EXPECT_FALSE(agent_of(place()));
}

TEST_F(AgentInfoTest, InfoThatNoAgentWritesIsNone) {
  for (const char *text : {"", "pid\n", "pid 0\n", "pid 4x\n", "url http://x/\n", "pid 1\nurl \x1b[2J\n"}) {
    std::ofstream(directory.file("agent.info")) << text;
    EXPECT_FALSE(agent_of(place())) << text;
  }
}

TEST_F(AgentInfoTest, YoungestTraceOfEachProcessIsTold) {
  make("agent-a-b.c.7-20261121T120000.123Z.wsitrace");
  make("agent-host.23-20261121T120000.123Z.wsitrace");
  make("agent-host.23-20261121T120000.123Z-2.wsitrace");
  make("agent-host.23-20261121T120000.wsitrace");
  make("agent-host.x-20261121T120000.123Z.wsitrace");
  make("host.29-20261121T120000.123Z.wsitrace");
  const std::string old = directory.file("agent-host.23-20261121T120000.123Z.wsitrace");
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, old.c_str(), long_ago, 0), 0);
  const auto traces = youngest_traces(place());
  ASSERT_THAT(traces, SizeIs(2));
  EXPECT_EQ(traces[0].pid, 7u);
  EXPECT_EQ(traces[0].program, "a-b.c");
  EXPECT_THAT(traces[1].path, HasSubstr("123Z-2.wsitrace"));
}

TEST_F(AgentInfoTest, FileThatNoAgentCollectsFromIsReadItself) {
  make("some.wsitrace");
  EXPECT_EQ(log_to_read(directory.file("some.wsitrace"), 0), directory.file("some.wsitrace"));
  EXPECT_EQ(log_to_read(directory.file("missing"), 0), directory.file("missing"));
  const auto refused = log_to_read(place(), 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("no agent collects"));
}

TEST_F(AgentInfoTest, OfSeveralProcessesThatLiveOneIsToBeNamed) {
  const std::string mine = "agent-host." + std::to_string(own) + "-20261121T120000.123Z.wsitrace";
  const std::string other = "agent-sh." + std::to_string(::getppid()) + "-20261121T120000.123Z.wsitrace";
  make(mine);
  make("agent-gone." + std::to_string(pid_that_is_gone()) + "-20261121T120000.123Z.wsitrace");
  ASSERT_TRUE(write_agent_info(place(), {own, "", place()}));
  EXPECT_THAT(log_to_read(place(), 0).value_or(""), HasSubstr(mine));
  make(other);
  EXPECT_THAT(log_to_read(place(), static_cast<uint32_t>(::getppid())).value_or(""), HasSubstr(other));
  const auto refused = log_to_read(place(), 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr(std::to_string(own) + " (host)"));
}

TEST_F(AgentInfoTest, TraceOfAnEarlierProcessWithTheNumberOfOneThatLivesIsNotOfOneThatLives) {
  const std::string name = "agent-host." + std::to_string(own) + "-20261121T120000.123Z.wsitrace";
  make(name);
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, directory.file(name).c_str(), long_ago, 0), 0);
  ASSERT_TRUE(write_agent_info(place(), {own, "", place()}));
  const auto refused = log_to_read(place(), 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("no trace of a process that lives"));
  EXPECT_TRUE(log_to_read(place(), own)) << "asked for, it is told";
  const Fd writer(::open(directory.file(name).c_str(), O_RDONLY));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);  // as an agent holds it, in whatever pid namespace
  EXPECT_TRUE(log_to_read(place(), 0));
}

TEST_F(AgentInfoTest, AgentWhoseNumberIsNobodysHereLivesWhileItHoldsItsDirectory) {
  ASSERT_TRUE(write_agent_info(place(), {pid_that_is_gone(), "", ""}));
  {
    const Fd agent(::open(place().c_str(), O_RDONLY | O_DIRECTORY));
    ASSERT_EQ(::flock(agent.get(), LOCK_EX), 0);
    EXPECT_TRUE(agent_of(place()));
    EXPECT_TRUE(agent_of(place())) << "asking takes no lock away";
  }
  EXPECT_FALSE(agent_of(place()));
}

}  // namespace
}  // namespace wsitrace
