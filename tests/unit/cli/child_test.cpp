// SPDX-License-Identifier: MIT
#include "agent/cli/run/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "agent/cli/run/reaper.h"

namespace wsitrace {
namespace {

class ChildTest : public ::testing::Test {
 protected:
  // Runs `sh -c SCRIPT` and returns its exit status as a shell has it.
  int run(const std::string &script, const std::vector<std::string> &environment = {"PATH=/usr/bin:/bin"}) {
    auto signals = Signals::take_over();
    auto child = Child::fork({"/bin/sh", "-c", script}, environment, *signals);
    if (!child) return -1;
    Reaper reaper(child->pid());
    if (child->start() != 0) return -2;
    return wait_for(reaper, *signals);
  }

  static int wait_for(Reaper &reaper, Signals &signals) {
    for (int turns = 0; !reaper.program_status() && turns < 1000; ++turns) {
      signals.wait(10);
      reaper.reap();
    }
    return reaper.program_status().value_or(-3);
  }
};

TEST_F(ChildTest, ExitStatusIsTheProgramsOwn) { EXPECT_EQ(run("exit 17"), 17); }

TEST_F(ChildTest, DeathBySignalIs128AndItsNumber) { EXPECT_EQ(run("kill -KILL $$"), 128 + SIGKILL); }

TEST_F(ChildTest, ProgramSeesTheEnvironmentItWasGiven) {
  EXPECT_EQ(run("test \"$WSITRACE_RING\" = /r", {"PATH=/bin", "WSITRACE_RING=/r"}), 0);
}

TEST_F(ChildTest, ProgramInheritsTheFilesTheLauncherInheritedAndNoOthers) {
  const Fd kept(::open("/dev/null", O_RDONLY));  // as if whoever started the launcher had left it open
  std::string inherited = "none";
  for (int fd = 0; fd < 1024; ++fd)
    if (const int flags = ::fcntl(fd, F_GETFD); flags >= 0 && (flags & FD_CLOEXEC) == 0)
      inherited += "|" + std::to_string(fd);
  EXPECT_EQ(run("[ -e /proc/$$/fd/" + std::to_string(kept.get()) +
                " ] || exit 8; for f in /proc/$$/fd/*; do case ${f##*/} in " + inherited +
                ") ;; *) [ -e $f ] && exit 9 ;; esac; done; exit 0"),
            0);
}

TEST_F(ChildTest, ProgramInheritsTheSignalMaskOfBefore) { EXPECT_EQ(run("kill -TERM $$; exit 0"), 128 + SIGTERM); }

TEST_F(ChildTest, MissingProgramIs127AndUnexecutableIs126) {
  auto signals = Signals::take_over();
  for (const auto &[program, error_number, status] :
       {std::tuple{"/nowhere/tool", ENOENT, 127}, std::tuple{"/etc/passwd", EACCES, 126}}) {
    auto child = Child::fork({program}, {}, *signals);
    ASSERT_TRUE(child);
    EXPECT_EQ(child->start(), error_number);
    EXPECT_EQ(status_of_failed_exec(error_number), status);
    ::waitpid(child->pid(), nullptr, 0);
  }
}

TEST_F(ChildTest, DroppedChildEndsWithoutRunningAnything) {
  auto signals = Signals::take_over();
  pid_t pid = -1;
  {
    auto child = Child::fork({"/bin/sh", "-c", "exit 9"}, {}, *signals);
    ASSERT_TRUE(child);
    pid = child->pid();
  }
  int wait_status = -1;
  ASSERT_EQ(::waitpid(pid, &wait_status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(wait_status), 0);
}

TEST_F(ChildTest, OrphanOfTheProgramBecomesAChildWhoseEndIsSeen) {
  auto signals = Signals::take_over();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto child = Child::fork({"/bin/sh", "-c", "(read line <&" + std::to_string(ends[0]) + "; exit 23) & exit 0"},
                           {"PATH=/bin"}, *signals);
  ASSERT_TRUE(child);
  Reaper reaper(child->pid());
  ASSERT_EQ(child->start(), 0);
  EXPECT_EQ(wait_for(reaper, *signals), 0);
  const auto orphans = reaper.orphans();
  ASSERT_EQ(orphans.size(), 1u);
  const auto orphan = static_cast<uint32_t>(orphans[0]);
  EXPECT_EQ(reaper.end_of(orphan), std::nullopt);
  ASSERT_EQ(::write(ends[1], "\n", 1), 1);
  std::optional<End> end;
  for (int turns = 0; !end && turns < 1000; ++turns) {
    signals->wait(10);
    end = reaper.end_of(orphan);
  }
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_TRUE(end);
  EXPECT_EQ(*end, (End{"exit", 23, std::nullopt}));
}

}  // namespace
}  // namespace wsitrace
