// SPDX-License-Identifier: MIT
#include "agent/serve/kept_answer.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wsitrace {
namespace {

// The N-th answer says N, and takes as long as it is told to.
class KeptAnswerTest : public ::testing::Test {
 protected:
  void wait(uint64_t ns) { now_ns_ += ns; }

  uint64_t now_ns_ = 23;
  uint64_t takes_ns_ = 0;
  bool fails_ = false;
  int made_ = 0;
  KeptAnswer answer_{[this]() -> Expected<std::string> {
                       now_ns_ += takes_ns_;
                       ++made_;
                       if (fails_) return unexpected(Error{"diagnosis", "nothing was recorded yet", {}});
                       return std::to_string(made_);
                     },
                     [this] { return now_ns_; }};
};

TEST_F(KeptAnswerTest, NothingIsMadeBeforeSomebodyAsks) {
  wait(KeptAnswer::kKeptNs * 7);
  EXPECT_EQ(made_, 0);
}

TEST_F(KeptAnswerTest, ItIsMadeAnewAfterKeptNsAndNotBefore) {
  EXPECT_EQ(answer_.get(), "1");
  wait(KeptAnswer::kKeptNs - 1);
  EXPECT_EQ(answer_.get(), "1");
  wait(1);
  EXPECT_EQ(answer_.get(), "2");
}

TEST_F(KeptAnswerTest, WhatTookLongIsKeptLongerFromItsEndOn) {
  takes_ns_ = KeptAnswer::kKeptNs * 3;
  EXPECT_EQ(answer_.get(), "1");
  wait(KeptAnswer::kTimesAsLong * takes_ns_ - 1);
  EXPECT_EQ(answer_.get(), "1");
  wait(1);
  EXPECT_EQ(answer_.get(), "2");
}

TEST_F(KeptAnswerTest, ThatThereIsNoneIsKeptToo) {
  fails_ = true;
  EXPECT_EQ(answer_.get().error().why, "nothing was recorded yet");
  EXPECT_FALSE(answer_.get());
  EXPECT_EQ(made_, 1);
}

TEST(KeptAnswer, WhatIsThrownIsNotKept) {
  int asked = 0;
  KeptAnswer answer(
      [&]() -> Expected<std::string> {
        if (++asked == 1) throw std::runtime_error("no memory");
        return "made";
      },
      [] { return uint64_t{101}; });
  EXPECT_THROW(answer.get(), std::runtime_error);
  EXPECT_EQ(answer.get(), "made");
}

}  // namespace
}  // namespace wsitrace
