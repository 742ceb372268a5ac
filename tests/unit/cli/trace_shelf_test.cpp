// SPDX-License-Identifier: MIT
#include "agent/cli/agent/trace_shelf.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/unit/cli/agent_fixture.h"

namespace wsitrace {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class TraceShelfTest : public AgentTest {
 protected:
  TraceShelf shelf(size_t max_files) { return *TraceShelf::open(directory_, {.max_files = max_files}, remember()); }
  // A closed trace, the older the larger AGE_S.
  void leave(const std::string &name, int age_s) const {
    write(name, "x");
    std::filesystem::last_write_time(path(name),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::seconds(age_s));
  }
};

TEST(TraceStem, NamesProgramPidAndTimeInUtc) {
  EXPECT_EQ(trace_stem("/usr/bin/lwsws", 4711, 1795176000'023'000'000), "agent-lwsws.4711-20261120T120000.023Z");
  EXPECT_EQ(trace_stem("a b\n", 1, 0), "agent-a_b_.1-19700101T000000.000Z");
}

TEST_F(TraceShelfTest, OldestClosedTracesAreRemoved) {
  for (int age_s : {5, 3, 11, 7, 2}) leave("agent-x.1-" + std::to_string(age_s) + ".wsitrace", age_s);
  TraceShelf all = shelf(3);
  all.tidy();
  EXPECT_THAT(files(), ElementsAre("agent-x.1-2.wsitrace", "agent-x.1-3.wsitrace", "agent-x.1-5.wsitrace"));
  EXPECT_EQ(all.removed(), 2u);
}

TEST_F(TraceShelfTest, WhatIsNotTheAgentsIsNeverRemoved) {
  for (const char *name : {"mine.wsitrace", "agent-notes.txt", "agent-", ".wsitrace"}) leave(name, 100);
  std::filesystem::create_symlink(path("mine.wsitrace"), path("agent-link.wsitrace"));
  std::filesystem::create_directory(path("agent-directory.wsitrace"));
  leave("agent-x.1-2.wsitrace", 2);
  shelf(1).tidy();
  EXPECT_THAT(files(), SizeIs(7));
}

TEST_F(TraceShelfTest, TraceThatIsBeingWrittenIsNeverRemoved) {
  leave("agent-x.1-1.wsitrace", 100);
  leave("agent-x.1-2.wsitrace", 50);
  const int fd = ::open(path("agent-x.1-1.wsitrace").c_str(), O_RDONLY);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  leave("agent-x.1-3.wsitrace", 2);
  shelf(1).tidy();
  EXPECT_THAT(files(), ElementsAre("agent-x.1-1.wsitrace", "agent-x.1-3.wsitrace"));
  ::close(fd);
}

TEST_F(TraceShelfTest, TwoTracesOfOneMomentHaveTwoNames) {
  TraceShelf all = shelf(5);
  const auto first = all.begin("host", 7, 1), second = all.begin("host", 7, 1);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->path, second->path);
}

TEST_F(TraceShelfTest, DirectoryThatIsMissingIsRefused) {
  const auto none = TraceShelf::open(path("missing"), {}, remember());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().line(), ::testing::HasSubstr("missing"));
}

}  // namespace
}  // namespace wsitrace
