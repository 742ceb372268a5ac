// SPDX-License-Identifier: MIT
//
// How logs end, and that blocks come back when their claimers are gone.
#include <gmock/gmock.h>

#include <atomic>

#include "agent/base/clock.h"
#include "agent/collect/liveness.h"
#include "tests/unit/collect/collector_fixture.h"

namespace wsitrace {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;
class CollectorEndTest : public CollectorTest {};

TEST_F(CollectorEndTest, RingOfAThreadThatIsGoneIsUsedAgainAndItsCountsStay) {
  Collector live = collector();
  FakeHost host(file);
  constexpr int kThreads = 101;
  for (int i = 0; i < kThreads; ++i) {
    std::thread([&] { host.thread().record(i); }).join();
    ASSERT_TRUE(drain_until(live, [&] { return host.ring_is_ready(); }));
  }
  ASSERT_TRUE(drain_until(live, [&] { return logs[0]->events.size() == kThreads; }));
  EXPECT_EQ(logs[0]->loss.recorded, static_cast<uint64_t>(kThreads));
  EXPECT_EQ(logs[0]->loss.lost, 0u);
  EXPECT_TRUE(logs[0]->is_ordered_by_time());
}

TEST_F(CollectorEndTest, ThreadThatDiedWhileWritingHoldsNobodyBack) {
  Collector live = collector();
  FakeHost host(file);
  std::thread([&] { host.thread().header().writing.store(1); }).join();
  FakeThread thread = host.thread();
  thread.at(past_ns, 1);
  EXPECT_TRUE(drain_until(live, [&] { return logs[0]->events.size() == 1; }));
}

TEST_F(CollectorEndTest, GoneProcessIsDrainedWithoutAWatermarkAndEnds) {
  Collector live = collector();
  FakeHost host(file, gone_pid());
  FakeThread thread = host.thread();
  thread.header().writing.store(1);
  thread.record(1);
  FakeThread other = host.thread();
  other.header().writing.store(1);
  live.drain();
  EXPECT_THAT(logs[0]->values(), ElementsAre(1));
  ASSERT_TRUE(logs[0]->end.has_value());
  EXPECT_EQ(*logs[0]->end, (End{"unknown", std::nullopt, std::nullopt}));
  EXPECT_EQ(live.live_processes(), 0u);
}

std::vector<int> told_running(const Transcript &log) {
  std::vector<int> told;
  for (const Event &event : log.events)
    if (event.kind == k_callback_runs) told.push_back(event.value);
  return told;
}

TEST_F(CollectorEndTest, CallbackThatLastsIsToldOnceItsTimeHasDoubledAndWhenItIsOver) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  RunningCallback &running = thread.header().running;
  live.drain();
  const auto since_ms = [&](uint32_t ms) { return file.header().clock_ms.load() - ms; };
  const auto runs = [&](int reason, uint32_t ms) {
    running.word.store(running_word(reason, kNoString, since_ms(ms)));
    live.drain();
  };
  runs(k_RECEIVE, 100);
  const uint32_t begun = since_ms(5000);
  for (int pass = 0; pass < 3; ++pass) {
    running.word.store(running_word(k_RECEIVE, kNoString, begun));
    live.drain();
  }
  runs(k_RECEIVE, 20'000);  // another that lasts
  running.word.store(kNoCallbackRuns);
  live.drain();
  EXPECT_THAT(told_running(*logs[0]), ElementsAre(k_RECEIVE, -1, k_RECEIVE, -1));
  EXPECT_TRUE(logs[0]->is_ordered_by_time());
  EXPECT_EQ(logs[0]->loss.recorded, 0u);
}

// What was not looked at is not known: neither before the first pass, nor where passes were far apart.
TEST_F(CollectorEndTest, CallbacksAreSampledForTheTimeBetweenPasses) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread(), idle = host.thread();
  RunningCallback &running = thread.header().running;
  running.word.store(running_word(k_RECEIVE, kNoString, 0));
  idle.header().running.word.store(kNoCallbackRuns);
  std::vector<std::pair<int, uint64_t>> sampled;
  live.sample_callbacks([&](const ProcessFacts &process, const SampledCallback &seen) {
    EXPECT_EQ(process.pid, logs[0]->facts.back().pid);
    EXPECT_EQ(seen.protocol, "");
    sampled.emplace_back(seen.reason, seen.for_ns);
  });
  live.drain();
  sampled.clear();
  const uint64_t before_ns = monotonic_ns();
  live.drain();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  live.drain();
  ASSERT_EQ(sampled.size(), 4u) << "two threads, two passes";
  EXPECT_EQ(sampled[2].first, k_RECEIVE);
  EXPECT_EQ(sampled[3].first, -1);
  EXPECT_EQ(sampled[2].second, sampled[3].second);
  EXPECT_GE(sampled[2].second, 20'000'000u);
  EXPECT_LE(sampled[2].second, monotonic_ns() - before_ns);
  running.word.store(0);  // an older wsitrace's, which does not tell
  live.drain();
  EXPECT_EQ(sampled.size(), 5u);
}

TEST_F(CollectorEndTest, CallbackInWhichAThreadHasEndedIsOver) {
  Collector live = collector();
  FakeHost host(file);
  live.drain();
  std::atomic<bool> may_end = false;
  std::thread thread([&] {
    host.thread().header().running.word.store(running_word(k_RECEIVE, kNoString, file.header().clock_ms.load() - 5000));
    while (!may_end) std::this_thread::yield();
  });
  EXPECT_TRUE(drain_until(live, [&] { return !told_running(*logs[0]).empty(); }));
  may_end = true;
  thread.join();
  EXPECT_TRUE(drain_until(live, [&] { return told_running(*logs[0]).size() > 1; }));
  EXPECT_THAT(told_running(*logs[0]), ElementsAre(k_RECEIVE, -1));
}

TEST_F(CollectorEndTest, WhatThreadsWereInIsToldWhenTheirProcessHasEnded) {
  Collector live = collector();
  FakeHost host(file, gone_pid());
  host.thread().header().running.word.store(running_word(k_RECEIVE, kNoString, 0));
  host.thread().header().running.word.store(kNoCallbackRuns);
  host.thread();  // of an older wsitrace, which does not tell
  live.drain();
  EXPECT_THAT(told_running(*logs[0]), ElementsAre(k_RECEIVE, -1));
  EXPECT_TRUE(logs[0]->end.has_value());
}

TEST_F(CollectorEndTest, BlocksOfGoneProcessesAreUsedAgain) {
  Collector live = collector();
  constexpr size_t kHosts = 23;
  for (size_t i = 0; i < kHosts; ++i) {
    FakeHost host(file, gone_pid());
    ASSERT_TRUE(host.attached());
    EXPECT_EQ(host.block().string_count.load(), 0u);
    FakeThread thread = host.thread();
    thread.record(static_cast<int>(i), host.intern("host " + std::to_string(i)));
    ASSERT_TRUE(drain_until(live, [&] { return logs.size() == i + 1 && logs[i]->end.has_value(); }));
    EXPECT_THAT(logs[i]->strings, ElementsAre(Pair(1, "host " + std::to_string(i))));
    EXPECT_THAT(logs[i]->values(), ElementsAre(static_cast<int>(i)));
  }
}

TEST_F(CollectorEndTest, GoodbyeMakesAnEndAnExit) {
  Collector live = collector();
  FakeHost host(file, gone_pid());
  host.say_goodbye();
  const uint64_t goodbye_ns = host.block().ended_mono_ns.load();
  live.drain();
  EXPECT_EQ(*logs[0]->end, (End{"exit", std::nullopt, goodbye_ns}));
}

TEST_F(CollectorEndTest, GoodbyeAloneIsNotTheEnd) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  host.say_goodbye();
  live.drain();
  thread.at(past_ns, 1);
  EXPECT_TRUE(drain_until(live, [&] { return !logs[0]->events.empty(); }));
  EXPECT_FALSE(logs[0]->end.has_value());
}

TEST_F(CollectorEndTest, ProcessThatBeganAfterItAttachedIsAnother) {
  EXPECT_EQ(life_of(own_pid(), monotonic_ns()), Liveness::kRuns);
  EXPECT_EQ(life_of(own_pid(), 1), Liveness::kGone);  // when the machine started this was somebody else's number
  EXPECT_EQ(life_of(own_pid(), 0), Liveness::kRuns);
  Collector live = collector();
  FakeHost host(file, own_pid(), 1);
  live.drain();
  EXPECT_EQ(*logs[0]->end, (End{"unknown", std::nullopt, std::nullopt}));
}

TEST_F(CollectorEndTest, ParentIsAskedWhenTheProcessAttached) {
  std::vector<uint64_t> asked;
  Collector live = collector([&](uint32_t, uint64_t attached_ns) {
    asked.push_back(attached_ns);
    return std::optional<End>{};
  });
  FakeHost host(file, own_pid(), past_ns);
  live.drain();
  EXPECT_THAT(asked, ElementsAre(past_ns));
}

TEST_F(CollectorEndTest, ParentKnowsHowItsChildEnded) {
  const uint32_t pid = gone_pid();
  Collector live = collector([&](uint32_t asked, uint64_t) -> std::optional<End> {
    return asked == pid ? std::optional(End{"signal", 11, std::nullopt}) : std::nullopt;
  });
  FakeHost host(file, pid);
  live.drain();
  EXPECT_EQ(*logs[0]->end, (End{"signal", 11, std::nullopt}));
}

TEST_F(CollectorEndTest, ZombieIsWaitedForByAParentThatAsks) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(3);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  std::optional<End> known;
  Collector live = collector([&](uint32_t, uint64_t) { return known; });
  FakeHost host(file, static_cast<uint32_t>(child));
  for (int pass = 0; pass < 50; ++pass) {
    live.drain();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(logs[0]->end.has_value());
  int status = 0;
  ::waitpid(child, &status, 0);
  known = End{"exit", WEXITSTATUS(status), std::nullopt};
  EXPECT_TRUE(drain_until(live, [&] { return logs[0]->end.has_value(); }));
  EXPECT_EQ(logs[0]->end->status, 3);
}

TEST_F(CollectorEndTest, ZombieIsGoneForAnOwnerThatDoesNotAsk) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  Collector live = collector();
  FakeHost host(file, static_cast<uint32_t>(child));
  live.drain();
  EXPECT_TRUE(logs[0]->end.has_value());
  ::waitpid(child, nullptr, 0);
}

TEST_F(CollectorEndTest, ExecEndsTheOlderLogOfThePid) {
  Collector live = collector();
  FakeHost before(file);
  FakeThread thread = before.thread();
  live.drain();
  thread.at(past_ns, 1);
  thread.header().writing.store(1);
  FakeHost after(file);
  FakeThread new_thread = after.thread();
  new_thread.at(past_ns + 1, 2);
  ASSERT_TRUE(drain_until(live, [&] { return logs.size() == 2 && logs[0]->end.has_value(); }));
  EXPECT_EQ(logs[0]->end->kind, "exec");
  EXPECT_THAT(logs[0]->values(), ElementsAre(1));
  EXPECT_FALSE(logs[1]->end.has_value());
  EXPECT_THAT(logs[1]->values(), ElementsAre(2));
  EXPECT_EQ(live.live_processes(), 1u);
}

TEST_F(CollectorEndTest, FinishEndsWhatStillRunsAsDetached) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  thread.record(1);
  live.finish();
  EXPECT_THAT(logs[0]->values(), ElementsAre(1));
  EXPECT_EQ(logs[0]->end->kind, "detached");
  live.finish();
  EXPECT_EQ(live.drain(), 0u);
  EXPECT_THAT(logs, SizeIs(1));
}

TEST_F(CollectorEndTest, FinishAfterGoodbyeIsAnExit) {
  Collector live = collector();
  FakeHost host(file);
  host.say_goodbye();
  live.finish();
  EXPECT_EQ(logs[0]->end->kind, "exit");
}

TEST_F(CollectorEndTest, ProcessWithoutASinkIsDrainedAllTheSame) {
  Collector live(file, [](const ProcessFacts &) { return nullptr; });
  FakeHost host(file, gone_pid());
  FakeThread thread = host.thread();
  thread.record(1);
  EXPECT_EQ(live.drain(), 1u);
  EXPECT_EQ(live.live_processes(), 0u);
}

TEST_F(CollectorEndTest, ForkedProcessesHaveLogsOfTheirOwn) {
  constexpr int kChildren = 3, kEvents = 61;
  for (int child = 0; child < kChildren; ++child) {
    if (::fork() != 0) continue;
    FakeHost host(file);
    FakeThread thread = host.thread();
    for (int value = 0; value < kEvents; ++value) thread.record(value);
    ::_exit(0);
  }
  for (int child = 0; child < kChildren; ++child) ::wait(nullptr);
  Collector live = collector();
  live.drain();
  ASSERT_THAT(logs, SizeIs(kChildren));
  for (const auto &log : logs) {
    ASSERT_THAT(log->events, SizeIs(kEvents));
    for (int value = 0; value < kEvents; ++value) EXPECT_EQ(log->events[static_cast<size_t>(value)].value, value);
    EXPECT_TRUE(log->end.has_value());
  }
}

}  // namespace
}  // namespace wsitrace
