// SPDX-License-Identifier: MIT
#include "agent/cli/agent/ring_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "agent/cli/agent/file_users.h"
#include "tests/unit/cli/agent_fixture.h"

namespace wsitrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const RingFileOptions kSmallRing{.ring_slots = kMinRingSlots, .ring_count = 3, .process_count = 2};

class RingDirectoryTest : public AgentTest {
 protected:
  RingDirectory open() { return std::move(*RingDirectory::open(directory_, remember())); }
  // A ring whose owner was a process that is gone.
  void leave_ring(const std::string &name) const {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(RingFile::create(path(name), kSmallRing) ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
  }
};

TEST_F(RingDirectoryTest, SecondAgentIsRefused) {
  const RingDirectory first = open();
  const auto second = RingDirectory::open(directory_, remember());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().line(), HasSubstr("another agent"));
}

TEST_F(RingDirectoryTest, RingOfAnOwnerThatIsGoneIsTakenOverOnce) {
  leave_ring("left.ring");
  RingDirectory directory = open();
  const auto taken = directory.take_left_behind();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].file.header().owner_pid, static_cast<uint32_t>(::getpid()));
  EXPECT_NE(taken[0].owner_pid, static_cast<uint32_t>(::getpid()));
  EXPECT_THAT(directory.take_left_behind(), IsEmpty());
  EXPECT_THAT(errors_, IsEmpty());
}

TEST_F(RingDirectoryTest, RingOfALivingOwnerIsLeftAlone) {
  int started[2], end[2];
  ASSERT_TRUE(::pipe(started) == 0 && ::pipe(end) == 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    const auto ring = RingFile::create(path("theirs.ring"), kSmallRing);
    char byte = ring ? 'y' : 'n';
    if (::write(started[1], &byte, 1) != 1) ::_exit(1);
    ::close(end[1]);
    ::_exit(static_cast<int>(::read(end[0], &byte, 1)));
  }
  char byte = 0;
  ASSERT_EQ(::read(started[0], &byte, 1), 1);
  RingDirectory directory = open();
  EXPECT_THAT(directory.take_left_behind(), IsEmpty());
  EXPECT_EQ(directory.with_living_owner(), 1u);
  for (const int fd : {started[0], started[1], end[0], end[1]}) ::close(fd);
  ::waitpid(owner, nullptr, 0);
  EXPECT_THAT(directory.take_left_behind(), SizeIs(1));
}

TEST_F(RingDirectoryTest, PidThatWasGivenOutAgainIsNoOwner) {
  leave_ring("left.ring");
  {
    auto file = RingFile::open_left_behind(path("left.ring"));
    ASSERT_TRUE(file);
    file->header().owner_pid = static_cast<uint32_t>(::getppid());  // lives, and has nothing to do with it
  }
  EXPECT_THAT(open().take_left_behind(), SizeIs(1));
}

TEST_F(RingDirectoryTest, WhatIsRefusedIsToldOnceAndNotBeforeTheSecondLook) {
  write("foreign.ring", std::string(9000, 'x'));
  write("notes.txt", "no ring");
  std::filesystem::create_symlink("/dev/null", path("link.ring"));
  leave_ring("shared.ring");
  ::chmod(path("shared.ring").c_str(), 0666);
  ::chmod(path("foreign.ring").c_str(), 0600);
  RingDirectory directory = open();
  EXPECT_THAT(directory.take_left_behind(), IsEmpty());
  EXPECT_THAT(errors_, IsEmpty());
  for (int look = 0; look < 3; ++look) EXPECT_THAT(directory.take_left_behind(), IsEmpty());
  EXPECT_THAT(errors_, ElementsAre(HasSubstr("foreign.ring: not a ring file"), HasSubstr("link.ring: a symbolic link"),
                                   HasSubstr("shared.ring: others may write to it")));
  EXPECT_EQ(directory.refused(), 3u);
}

TEST_F(RingDirectoryTest, DirectoryThatSomebodyHasFilledIsLookedAtInTurns) {
  constexpr int kFiles = 9'973;
  for (int i = 0; i < kFiles; ++i)
    ::close(::creat(path(std::to_string(i) + (i % 17 == 0 ? ".ring" : "")).c_str(), 0600));
  leave_ring("left.ring");
  RingDirectory directory = open();
  std::vector<RingDirectory::LeftBehind> taken;
  int looks = 0;
  do {
    for (auto &found : directory.take_left_behind()) taken.push_back(std::move(found));
    ++looks;
  } while (directory.has_more());
  EXPECT_THAT(taken, SizeIs(1));
  EXPECT_GT(looks, 2);
  EXPECT_LT(looks, 10);
  EXPECT_EQ(std::count_if(errors_.begin(), errors_.end(),
                          [](const auto &line) { return line.find("in turns") != std::string::npos; }),
            1);
}

TEST_F(RingDirectoryTest, NamedRingIsMadeOrTakenOver) {
  RingDirectory directory = open();
  {
    const auto made = directory.make_or_take("agent", kSmallRing);
    ASSERT_TRUE(made) << made.error().line();
    made->header().owner_pid = static_cast<uint32_t>(::getppid());
  }
  const auto taken = directory.make_or_take("agent", {});
  ASSERT_TRUE(taken) << taken.error().line();
  EXPECT_EQ(taken->ring_count(), kSmallRing.ring_count);
  write("other.ring", "nothing");
  ::chmod(path("other.ring").c_str(), 0600);
  const auto refused = directory.make_or_take("other", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("remove it"));
}

TEST(FileUsers, MapsNameAFileByDeviceAndInodeOrByItsPath) {
  const char *text =
      "55d0c0ff0000-55d0c0ff1000 r-xp 00001000 fd:01 4711                       /usr/bin/host\n"
      "7f0000000000-7f0000100000 rw-s 00000000 00:19 23                         /dev/shm/wsitrace-0/agent.ring\n"
      "7f0000200000-7f0000300000 rw-p 00000000 00:00 0 \n";
  const auto names = [&](FileIdentity file) {
    std::istringstream maps(text);
    return names_file(maps, file);
  };
  EXPECT_TRUE(names({0x19, 23, "/elsewhere"}));
  EXPECT_TRUE(names({0x99, 99, "/dev/shm/wsitrace-0/agent.ring"}));
  EXPECT_FALSE(names({0x19, 24, "/elsewhere"}));
  EXPECT_FALSE(names({0, 0, "/dev/shm/wsitrace-0/agent"}));
}

TEST(FileUsers, OwnMappingIsSeenAndThatOfAProcessThatIsGoneIsNot) {
  const FileIdentity program = FileIdentity::of("/proc/self/exe");
  EXPECT_EQ(is_mapped_by(static_cast<uint32_t>(::getpid()), FileIdentity::of(program.path)), Mapped::kYes);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(is_mapped_by(static_cast<uint32_t>(child), program), Mapped::kNo);
}

}  // namespace
}  // namespace wsitrace
