// SPDX-License-Identifier: MIT
#include "agent/timeline/life_table.h"

#include <gtest/gtest.h>

namespace wsitrace {
namespace {

TEST(LifeTable, WhoOpensWithoutEndLeavesRoomForOthers) {
  constexpr size_t kMost = 23, kLeast = 7;
  LifeTable greedy(kMost, kLeast), other(kMost, kLeast);
  uint64_t pointer = 16;
  for (; greedy.has_room(); pointer += 16) greedy.begin(pointer);
  EXPECT_EQ(pointer / 16 - 1, kMost);
  size_t others = 0;
  for (; other.has_room(); pointer += 16, ++others) other.begin(pointer);
  EXPECT_EQ(others, kLeast);
  greedy.end(*greedy.oldest());
  EXPECT_FALSE(greedy.has_room()) << "there are as many as before, of all";
}

TEST(LifeTable, RoomComesBackWithATableThatGoes) {
  constexpr size_t kMost = 5, kLeast = 1;
  {
    LifeTable gone(kMost, kLeast);
    for (uint64_t pointer = 16; gone.has_room(); pointer += 16) gone.begin(pointer);
  }
  LifeTable table(kMost, kLeast);
  table.begin(16);
  EXPECT_TRUE(table.has_room());
}

TEST(LifeTable, PointersThatWereForgottenComeAgainWithAGenerationOfTheirOwn) {
  LifeTable table;
  const uint64_t kept = 8;
  table.begin(kept);
  uint32_t before = 0;
  for (int round = 0; round < 3; ++round) {
    Life &life = table.begin(16);
    before = life.connection.generation;
    table.end(life);
  }
  for (uint64_t pointer = 32; pointer / 16 < LifeTable::kMostPlaces + 17; pointer += 16)
    table.end(table.begin(pointer));
  EXPECT_GT(table.begin(16).connection.generation, before);
  ASSERT_NE(table.find(kept), nullptr);
  EXPECT_EQ(table.find(kept)->connection.generation, 1u);
}

}  // namespace
}  // namespace wsitrace
