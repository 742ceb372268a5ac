// SPDX-License-Identifier: MIT
#include "agent/collect/collector.h"

#include <gmock/gmock.h>

#include "tests/unit/collect/collector_fixture.h"

namespace wsitrace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST_F(CollectorTest, ProcessIsAnnouncedWithItsFacts) {
  Collector live = collector();
  FakeHost host(file);
  live.drain();
  ASSERT_THAT(logs, SizeIs(1));
  ASSERT_THAT(logs[0]->facts, SizeIs(1));
  const ProcessFacts &facts = logs[0]->facts[0];
  EXPECT_EQ(facts, opened[0]);
  EXPECT_EQ(facts.pid, own_pid());
  EXPECT_EQ(facts.program, "fake");
  EXPECT_THAT(facts.arguments, ElementsAre("fake", "-v"));
  EXPECT_EQ(facts.attach, "preload");
  EXPECT_EQ(live.live_processes(), 1u);
}

TEST_F(CollectorTest, FactsAreToldAgainWhenTheyChange) {
  Collector live = collector();
  FakeHost host(file);
  live.drain();
  live.drain();
  host.block().trouble[kVhostNotFound].store(3);
  std::strcpy(host.block().notice, "lws is linked statically");
  live.drain();
  ASSERT_THAT(logs[0]->facts, SizeIs(2));
  EXPECT_EQ(logs[0]->facts[1].notice, "lws is linked statically");
  EXPECT_THAT(logs[0]->facts[1].trouble, ElementsAre(Pair("vhost_not_found", 3u)));
}

TEST_F(CollectorTest, RingsAreMergedByTime) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread a = host.thread(), b = host.thread(), c = host.thread();
  a.at(past_ns + 1, 1);
  a.at(past_ns + 4, 4);
  a.at(past_ns + 5, 5);
  b.at(past_ns + 2, 2);
  b.at(past_ns + 7, 7);
  c.at(past_ns + 3, 3);
  c.at(past_ns + 6, 6);
  EXPECT_EQ(live.drain(), 7u);
  EXPECT_THAT(logs[0]->values(), ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(CollectorTest, AtEqualTimesTheLowerThreadGoesFirst) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread a = host.thread(), b = host.thread();
  b.at(past_ns, 2);
  b.at(past_ns, 3);
  a.at(past_ns, 0);
  a.at(past_ns, 1);
  live.drain();
  EXPECT_THAT(logs[0]->values(), ElementsAre(0, 1, 2, 3));
}

TEST_F(CollectorTest, RecordYoungerThanTheWatermarkWaits) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  thread.at(monotonic_ns() + 200'000'000, 1);
  EXPECT_EQ(live.drain(), 0u);
  EXPECT_TRUE(drain_until(live, [&] { return !logs[0]->events.empty(); }));
  EXPECT_GT(monotonic_ns(), logs[0]->events[0].time_ns);
}

TEST_F(CollectorTest, WriterThatIsStuckIsNotOvertaken) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread slow = host.thread(), quick = host.thread();
  slow.at(past_ns + 10, 1);
  slow.header().writing.store(1);
  quick.at(past_ns + 5, 0);
  quick.at(past_ns + 30, 3);
  EXPECT_EQ(live.drain(), 2u);
  EXPECT_EQ(live.drain(), 0u) << "the older record may still come";
  slow.at(past_ns + 20, 2);
  slow.header().writing.store(0);
  EXPECT_EQ(live.drain(), 2u);
  EXPECT_THAT(logs[0]->values(), ElementsAre(0, 1, 2, 3));
}

TEST_F(CollectorTest, FirstRecordOfARingIsNotOvertakenEither) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread slow = host.thread(), quick = host.thread();
  slow.header().writing.store(1);
  quick.at(past_ns + 1, 2);
  EXPECT_EQ(live.drain(), 0u);
  slow.at(past_ns, 1);
  slow.header().writing.store(0);
  live.drain();
  EXPECT_THAT(logs[0]->values(), ElementsAre(1, 2));
}

TEST_F(CollectorTest, StringsAreToldBeforeTheEventsThatUseThem) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  const uint16_t first = host.intern("default");
  thread.at(past_ns, 1, first);
  live.drain();
  const uint16_t second = host.intern("lws_http_transaction_completed");
  thread.at(past_ns, 2, second);
  live.drain();
  EXPECT_THAT(logs[0]->strings, ElementsAre(Pair(1, "default"), Pair(2, "lws_http_transaction_completed")));
  EXPECT_EQ(logs[0]->events[1].text, second);
}

TEST_F(CollectorTest, StringThatIsNotReadyYetIsToldLater) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  const uint16_t slow = host.intern("slow");
  host.block().strings[slow - 1].ready.store(0);
  const uint16_t quick = host.intern("quick");
  thread.at(past_ns, 1, quick);
  live.drain();
  EXPECT_THAT(logs[0]->strings, ElementsAre(Pair(quick, "quick")));
  host.block().strings[slow - 1].ready.store(1);
  live.drain();
  EXPECT_THAT(logs[0]->strings, ElementsAre(Pair(quick, "quick"), Pair(slow, "slow")));
}

TEST_F(CollectorTest, StringOutsideTheTableIsNoString) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  const uint16_t beyond = host.intern("x");
  host.block().strings[beyond - 1].offset = kTextBytes;
  thread.at(past_ns, 1, beyond);
  thread.at(past_ns, 2, 4096);
  thread.at(past_ns, 3, 4097);
  host.block().string_count.store(UINT32_MAX);
  live.drain();
  EXPECT_THAT(logs[0]->strings, IsEmpty());
  ASSERT_THAT(logs[0]->events, SizeIs(3));
  for (const Event &event : logs[0]->events) EXPECT_EQ(event.text, kNoString);
}

TEST_F(CollectorTest, OverflowHasAName) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  thread.at(past_ns, 1, kOverflowString);
  thread.at(past_ns, 2, kOverflowString);
  live.drain();
  EXPECT_THAT(logs[0]->strings, ElementsAre(Pair(kOverflowString, "overflow")));
}

TEST_F(CollectorTest, RecordedPlusLostIsObserved) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  constexpr int kObserved = 1009;
  for (int value = 0; value < kObserved; ++value) thread.record(value);
  host.block().lost[kNoRing].store(7);
  file.header().lost_no_process.store(11);
  live.finish();
  EXPECT_EQ(logs[0]->loss.recorded, kMinRingSlots);
  EXPECT_EQ(logs[0]->loss.lost, kObserved - kMinRingSlots + 7 + 11);
  EXPECT_THAT(logs[0]->loss.by_cause,
              ElementsAre(Pair("no_process", 11u), Pair("no_ring", 7u), Pair("ring_full", kObserved - kMinRingSlots)));
  EXPECT_EQ(live.lost_without_process(), 0u);
}

TEST_F(CollectorTest, LossOfNoProcessStaysVisibleWithoutAnyProcess) {
  Collector live = collector();
  file.header().lost_no_process.store(23);
  live.drain();
  EXPECT_EQ(live.lost_without_process(), 23u);
}

TEST_F(CollectorTest, DamageIsLossAndNothingElseIsLost) {
  Collector live = collector();
  FakeHost host(file);
  FakeThread thread = host.thread();
  thread.at(past_ns, 1);
  thread.at(past_ns - 1, 2);
  thread.at(past_ns, 3);
  live.drain();
  EXPECT_THAT(logs[0]->values(), ElementsAre(1, 3));
  EXPECT_THAT(logs[0]->loss.by_cause, ElementsAre(Pair("damaged", 1u)));
  EXPECT_EQ(logs[0]->loss.recorded, 2u);
}

TEST_F(CollectorTest, ThreadsThatRecordAtTheSameTimeMakeOneOrderedLog) {
  constexpr int kEvents = 20'011;
  Collector live = collector();
  FakeHost host(file);
  FakeThread a = host.thread(), b = host.thread();
  std::atomic<int> running = 2;
  const auto work = [&](FakeThread &thread) {
    for (int value = 0; value < kEvents; ++value) thread.record(value);
    --running;
  };
  std::thread first(work, std::ref(a)), second(work, std::ref(b));
  while (running.load() != 0) live.drain();
  first.join();
  second.join();
  live.finish();
  const Transcript &log = *logs[0];
  EXPECT_TRUE(log.is_ordered_by_time());
  EXPECT_EQ(log.loss.recorded + log.loss.lost, 2u * kEvents);
  EXPECT_EQ(log.loss.recorded, a.header().recorded.load() + b.header().recorded.load());
  EXPECT_EQ(log.loss.by_cause.count("damaged"), 0u);
  EXPECT_EQ(static_cast<uint64_t>(std::count_if(log.events.begin(), log.events.end(),
                                                [](const Event &event) { return event.kind != k_gap; })),
            log.loss.recorded);
}

}  // namespace
}  // namespace wsitrace
