// SPDX-License-Identifier: MIT
#include "agent/compare/distribution.h"

#include <gtest/gtest.h>

#include <limits>

namespace wsitrace::test {
namespace {

TEST(Distribution, WithoutSamplesHasNoQuantiles) {
  const Distribution none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.quantile_ns(50), 0u);
  EXPECT_EQ(none.max_ns(), 0u);
}

TEST(Distribution, SmallDurationsAreExact) {
  Distribution few;
  for (const uint64_t ns : {0u, 3u, 7u, 31u, 63u}) few.add(ns);
  EXPECT_EQ(few.quantile_ns(20), 0u);
  EXPECT_EQ(few.quantile_ns(21), 3u);
  EXPECT_EQ(few.quantile_ns(50), 7u);
  EXPECT_EQ(few.quantile_ns(100), 63u);
}

TEST(Distribution, QuantileIsNeverTooSmallAndAtMostOneThirtySecondTooLarge) {
  for (uint64_t exact = 1; exact < (uint64_t{1} << 61); exact = exact * 7 / 4 + 1) {
    Distribution two;
    two.add(exact);
    two.add(std::numeric_limits<uint64_t>::max());
    EXPECT_GE(two.quantile_ns(50), exact);
    EXPECT_LE(two.quantile_ns(50), exact + exact / 32) << exact;
  }
}

TEST(Distribution, EveryPowerOfTwoAndItsNeighboursStayInOrder) {
  uint64_t last = 0;
  for (int bit = 1; bit < 64; ++bit) {
    for (const int64_t step : {-1, 0, 1}) {
      const uint64_t exact = (uint64_t{1} << bit) + static_cast<uint64_t>(step);
      Distribution one;
      one.add(exact);
      one.add(std::numeric_limits<uint64_t>::max());
      EXPECT_GE(one.quantile_ns(50), last);
      last = one.quantile_ns(50);
    }
  }
}

TEST(Distribution, QuantileNeverExceedsTheMaximum) {
  Distribution one;
  one.add(1'000'003);
  EXPECT_EQ(one.max_ns(), 1'000'003u);
  EXPECT_EQ(one.quantile_ns(99), 1'000'003u);
}

TEST(Distribution, RankIsTheNearest) {
  Distribution hundred;
  for (uint64_t i = 1; i <= 50; ++i) hundred.add(i);
  EXPECT_EQ(hundred.quantile_ns(50), 25u);
  EXPECT_EQ(hundred.quantile_ns(90), 45u);
  EXPECT_EQ(hundred.quantile_ns(99), 50u);
}

TEST(Distribution, OrderOfSamplesMakesNoDifference) {
  Distribution up, down;
  for (uint64_t i = 0; i < 1009; ++i) {
    up.add(i * i * 1013);
    down.add((1008 - i) * (1008 - i) * 1013);
  }
  for (const uint64_t per_cent : {1u, 50u, 90u, 99u, 100u})
    EXPECT_EQ(up.quantile_ns(per_cent), down.quantile_ns(per_cent));
}

}  // namespace
}  // namespace wsitrace::test
