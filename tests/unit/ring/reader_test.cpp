// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <random>
#include <string>
#include <thread>

#include "tests/unit/ring/test_ring.h"

namespace wsitrace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(RingReader, EventsComeOutInTheOrderOfTheirRecording) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 61);
  EXPECT_EQ(values_in(reader), range(0, 61));
  EXPECT_EQ(reader.events(), 61u);
  EXPECT_EQ(reader.damaged(), 0u);
}

TEST(RingReader, EmptyRingHasNothingToPeekAt) {
  TestRing ring;
  RingReader reader = ring.reader();
  reader.refresh(kNever);
  EXPECT_EQ(reader.peek(), nullptr);
  EXPECT_TRUE(reader.drained());
}

TEST(RingReader, WhatIsRecordedAfterTheLookWaitsForTheNextLook) {
  TestRing ring;
  RingReader reader = ring.reader();
  reader.refresh(kNever);
  ring.record(7);
  EXPECT_EQ(reader.peek(), nullptr);
  EXPECT_THAT(values_in(reader), ElementsAre(7));
}

TEST(RingReader, RecordsSurviveManyWraps) {
  TestRing ring;
  RingReader reader = ring.reader();
  constexpr int kStep = 37;
  for (int from = 0; from < 101 * kStep; from += kStep) {
    ring.record_range(from, from + kStep);
    ASSERT_EQ(values_in(reader), range(from, from + kStep));
  }
  EXPECT_EQ(reader.damaged(), 0u);
}

TEST(RingReader, ItemsOfEveryLengthSurviveTheWrap) {
  TestRing ring;
  RingReader reader = ring.reader();
  for (int value = 0; value < 1009; ++value) {
    const size_t length = 1 + static_cast<size_t>(value) * 7 % 250;
    ASSERT_TRUE(ring.record(value, length));
    reader.refresh(kNever);
    const Event *event = reader.peek();
    ASSERT_NE(event, nullptr);
    const auto items = reader.items();
    ASSERT_EQ(items.size(), event->extra * kSlotBytes);
    ASSERT_EQ(std::to_integer<size_t>(items[1]), length);
    const std::string text(reinterpret_cast<const char *>(&items[2]), length);
    ASSERT_EQ(text, std::string(length, static_cast<char>('a' + value % 26)));
    reader.pop();
    reader.release();
  }
  EXPECT_EQ(reader.damaged(), 0u);
}

TEST(RingReader, OverrunIsCountedExactlyAndAnnouncedByAGap) {
  TestRing ring;
  RingReader reader = ring.reader();
  constexpr int kLost = 37;
  ring.record_range(0, static_cast<int>(kTestSlots) + kLost);
  EXPECT_EQ(ring.header.recorded.load(), kTestSlots);
  EXPECT_EQ(reader.lost(), static_cast<uint64_t>(kLost));
  EXPECT_EQ(values_in(reader), range(0, kTestSlots));
  ring.record(1009);
  EXPECT_THAT(values_in(reader), ElementsAre(-kLost, 1009));
  EXPECT_EQ(reader.events(), kTestSlots + 1) << "a gap is no event";
  EXPECT_EQ(reader.events() + reader.lost(), kTestSlots + kLost + 1);
}

TEST(RingReader, SlotsAreGivenBackBeforeThePassEnds) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, kTestSlots);
  reader.refresh(kNever);
  for (uint32_t i = 0; i < kTestSlots / 4; ++i) {
    ASSERT_NE(reader.peek(), nullptr);
    reader.pop();
  }
  EXPECT_EQ(ring.header.tail.load(), kTestSlots / 4);
  EXPECT_TRUE(ring.record(0));
}

TEST(RingReader, RecordTornByCrashIsSkippedAndCounted) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 5);
  Event torn = ring.at(2);
  torn.sequence ^= 1;
  ring.put(2, torn);
  EXPECT_THAT(values_in(reader), ElementsAre(0, 1, 3, 4));
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, RecordOfZerosIsSkippedAndCounted) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 3);
  ring.put(0, Event{});  // as a page that never reached the disk; its sequence is right
  EXPECT_THAT(values_in(reader), ElementsAre(1, 2));
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, ItemsBeyondTheMaximumAreNotBelieved) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 23);
  Event wrong = ring.at(4);
  wrong.extra = kMaxExtraSlots + 1;
  ring.put(4, wrong);
  const auto values = values_in(reader);
  EXPECT_EQ(values.size(), 22u);
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, ItemsBeyondHeadAreNotBelieved) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 3);
  Event wrong = ring.at(2);
  wrong.extra = 1;
  ring.put(2, wrong);
  EXPECT_THAT(values_in(reader), ElementsAre(0, 1));
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, TimeThatRunsBackwardsIsNotBelieved) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 3);
  Event wrong = ring.at(1);
  wrong.time_ns = 1;
  ring.put(1, wrong);
  EXPECT_THAT(values_in(reader), ElementsAre(0, 2));
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, TimeBeyondTheHorizonIsNotBelieved) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 3);
  Event wrong = ring.at(1);
  wrong.time_ns += 1'000'000'000'000;
  ring.put(1, wrong);
  EXPECT_THAT(values_in(reader, monotonic_ns() + 1'000'000'000), ElementsAre(0, 2));
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, HeadFurtherAheadThanTheRingIsLongStartsAgainThere) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.header.head.store(kTestSlots + 1);
  EXPECT_THAT(values_in(reader), IsEmpty());
  EXPECT_EQ(reader.damaged(), 1u);
  EXPECT_TRUE(reader.drained());
  EXPECT_EQ(ring.header.tail.load(), kTestSlots + 1);
}

TEST(RingReader, HeadThatMovesBackwardsStartsAgainThere) {
  TestRing ring;
  RingReader reader = ring.reader();
  ring.record_range(0, 5);
  reader.refresh(kNever);
  ASSERT_NE(reader.peek(), nullptr);
  ring.header.head.store(1);
  EXPECT_THAT(values_in(reader), IsEmpty());
  EXPECT_EQ(reader.damaged(), 1u);
}

TEST(RingReader, NoContentOfARingLeadsAstray) {
  std::mt19937 random(20261120);
  for (int round = 0; round < 1009; ++round) {
    TestRing ring;
    for (auto &byte : ring.slots) byte = static_cast<std::byte>(random() % 11 == 0 ? random() : 0);
    for (uint64_t i = 0; i < kTestSlots; ++i) {
      Event event = ring.at(i);
      event.sequence = static_cast<uint8_t>(random() % 3 == 0 ? random() : i);
      event.extra = static_cast<uint8_t>(random() % 3 == 0 ? random() : random() % 9);
      ring.put(i, event);
    }
    RingReader reader = ring.reader();
    ring.header.head.store(random() % (2 * kTestSlots));
    reader.refresh(kNever);
    uint64_t last_ns = 0;
    while (const Event *event = reader.peek()) {
      ASSERT_LE(last_ns, event->time_ns);
      last_ns = event->time_ns;
      ASSERT_LE(reader.items().size(), kMaxItemBytes);
      reader.pop();
    }
    ASSERT_TRUE(reader.drained());
    ASSERT_LE(reader.events() + reader.damaged(), kTestSlots);
  }
}

TEST(RingReader, ReadOnlyStartsAtTheTailAndStoresNothing) {
  TestRing ring;
  ring.record_range(0, 11);
  ring.header.tail.store(3);
  RingReader reader = ring.reader(RingReader::Mode::kReadOnly);
  EXPECT_EQ(values_in(reader), range(3, 11));
  EXPECT_EQ(ring.header.tail.load(), 3u);
}

TEST(RingReader, OwnerGoesOnWhereTheOwnerBeforeStopped) {
  TestRing ring;
  ring.record_range(0, 23);
  RingReader before = ring.reader();
  EXPECT_THAT(values_in(before), SizeIs(23));
  ring.record_range(23, 23 + kTestSlots + 5);  // no room for the last five
  RingReader after = ring.reader();
  const std::vector<int> values = values_in(after);
  ASSERT_THAT(values, SizeIs(kTestSlots));
  EXPECT_EQ(values.front(), 23);
  EXPECT_EQ(after.lost(), 5u);
  EXPECT_EQ(after.damaged(), 0u);
  EXPECT_EQ(after.events(), kTestSlots);
}

TEST(RingReader, WriterCaughtBetweenClockAndPublishingShows) {
  TestRing ring;
  RingReader reader = ring.reader();
  reader.refresh(kNever);
  EXPECT_FALSE(reader.was_writing());
  ring.header.writing.store(1);
  reader.refresh(kNever);
  EXPECT_TRUE(reader.was_writing());
}

TEST(RingReader, EverythingWrittenBesideItIsReadOrCounted) {
  TestRing ring;
  RingReader reader = ring.reader();
  constexpr int kEvents = 100'003;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int value = 1; value <= kEvents; ++value) ring.record(value, static_cast<size_t>(value) % 5 * 31);
    done.store(true);
  });
  int last = 0;
  uint64_t in_gaps = 0;
  for (bool more = true; more;) {
    more = !done.load();
    for (const int value : values_in(reader)) {
      if (value < 0) {
        in_gaps += static_cast<uint64_t>(-value);
        continue;
      }
      EXPECT_LT(last, value);
      last = value;
    }
  }
  writer.join();
  EXPECT_EQ(reader.damaged(), 0u);
  EXPECT_EQ(reader.events() + reader.lost(), static_cast<uint64_t>(kEvents));
  EXPECT_EQ(reader.events(), ring.header.recorded.load());
  EXPECT_LE(in_gaps, reader.lost());
}

}  // namespace
}  // namespace wsitrace
