// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "agent/collect/collector.h"
#include "agent/collect/read_log.h"
#include "tests/unit/collect/fake_host.h"
#include "tests/unit/collect/transcript.h"

namespace wsitrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr RingFileOptions kSmall{.ring_slots = kMinRingSlots, .ring_count = 8, .process_count = 4};

class LeftBehindTest : public testing::Test {
 protected:
  TestDirectory directory;
  std::string path = directory.file("ring");
  Transcript log;
};

TEST_F(LeftBehindTest, RingOfAKilledProgramIsRead) {
  {
    const auto file = RingFile::create(path, kSmall);
    FakeHost host(*file);
    FakeThread a = host.thread(), b = host.thread();
    a.at(10, 1, host.intern("default"));
    b.at(20, 2);
    a.at(30, 3);
    a.header().writing.store(1);
  }
  ASSERT_TRUE(read_log(path, log));
  EXPECT_THAT(log.values(), ElementsAre(1, 2, 3));
  EXPECT_EQ(log.loss.recorded, 3u);
  EXPECT_EQ(log.end->kind, "unknown");
  Transcript again;
  ASSERT_TRUE(read_log(path, again));
  EXPECT_EQ(again.lines, log.lines) << "reading changes nothing";
}

TEST_F(LeftBehindTest, RingWhoseOwnersNumberIsSomebodyElsesByNowIsRead) {
  {
    const auto file = RingFile::create(path, kSmall);
    FakeHost silent(*file, 103, 2);
    file->header().owner_pid = static_cast<uint32_t>(::getppid());  // lives, and owns nothing
    ASSERT_TRUE(RingFile::open(path)->living_owner());
  }
  EXPECT_FALSE(RingFile::open(path)->living_owner());
  ASSERT_TRUE(read_log(path, log));
  EXPECT_EQ(log.facts.at(0).pid, 103u);
}

TEST_F(LeftBehindTest, RingOfAnOwnerWhoseNumberIsNobodysHereIsItsOwners) {
  const auto file = RingFile::create(path, kSmall);
  FakeHost silent(*file, 103, 2);
  file->header().owner_pid = gone_pid();
  EXPECT_THAT(read_log(path, log).error().line(), HasSubstr("of another pid namespace"));
  EXPECT_TRUE(RingFile::open(path)->living_owner()) << "asking takes no lock away";
}

TEST_F(LeftBehindTest, FirstProcessThatRecordedIsToldOrTheOneAskedFor) {
  {
    const auto file = RingFile::create(path, kSmall);
    FakeHost silent(*file, 101, 1), first(*file, 103, 2), second(*file, 107, 3);
    second.thread().at(10, 7);
    first.thread().at(20, 3);
  }
  ASSERT_TRUE(read_log(path, log));
  EXPECT_EQ(log.facts.at(0).pid, 103u);
  Transcript other;
  ASSERT_TRUE(read_log(path, other, 107));
  EXPECT_THAT(other.values(), ElementsAre(7));
  Transcript silent;
  ASSERT_TRUE(read_log(path, silent, 101));
  EXPECT_EQ(silent.facts.at(0).pid, 101u);
  EXPECT_THAT(read_log(path, silent, 109).error().line(), HasSubstr("process 109 recorded nothing in it"));
}

TEST_F(LeftBehindTest, ProcessesAreToldInTheOrderOfTheirAttaching) {
  {
    const auto file = RingFile::create(path, kSmall);
    FakeHost late(*file, 103, 7), early(*file, 101, 3), again(*file, 101, 11);
    file->header().lost_no_process.store(5);
  }
  std::vector<std::shared_ptr<Transcript>> logs;
  ASSERT_TRUE(read_ring_file(path, [&](const ProcessFacts &) { return logs.emplace_back(new Transcript); }));
  ASSERT_THAT(logs, SizeIs(3));
  EXPECT_EQ(logs[0]->facts.at(0).pid, 101u);
  EXPECT_EQ(logs[0]->end->kind, "exec");
  EXPECT_EQ(logs[0]->loss.lost, 5u);
  EXPECT_EQ(logs[1]->facts.at(0).pid, 103u);
  EXPECT_EQ(logs[2]->end->kind, "unknown");
  EXPECT_EQ(logs[2]->loss.lost, 0u);
}

TEST_F(LeftBehindTest, RingThatNobodyUsedIsAnError) {
  { ASSERT_TRUE(RingFile::create(path, kSmall)); }
  EXPECT_THAT(read_log(path, log).error().line(), HasSubstr("no process recorded anything in it"));
}

[[noreturn]] void record_until_killed(const RingFile &file, int ready_fd) {
  FakeHost host(file);
  const auto work = [&] {
    FakeThread thread = host.thread();
    for (int value = 0;; ++value) thread.record(value);
  };
  std::thread beside(work);
  const ssize_t told = ::write(ready_fd, "x", 1);
  static_cast<void>(told);
  work();
  ::_exit(1);
}

// Whether a ring is full by then or not, nothing may be missing in between.
TEST_F(LeftBehindTest, NothingPublishedIsLostByAKillAtAnyMoment) {
  std::mt19937 random(23);
  for (int round = 0; round < 23; ++round) {
    std::filesystem::remove(path);
    auto file = RingFile::create(path, {.ring_slots = 1u << 16, .ring_count = 2, .process_count = 1});
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) record_until_killed(*file, ready[1]);
    char byte;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    log = Transcript();
    ASSERT_TRUE(read_log(path, log));
    EXPECT_TRUE(log.is_ordered_by_time());
    EXPECT_EQ(log.loss.by_cause.count("damaged"), 0u);
    int next[2] = {0, 0};
    for (const Event &event : log.events) ASSERT_EQ(event.value, next[event.thread]++);
    for (uint32_t i = 0; i < 2; ++i) {
      const RingHeader &ring = file->ring(i);
      if (ring.owner.load() == 0) continue;
      EXPECT_LE(ring.recorded.load() - static_cast<uint64_t>(next[ring.thread]), 1u);
    }
  }
}

}  // namespace
}  // namespace wsitrace
