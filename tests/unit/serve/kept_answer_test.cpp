// SPDX-License-Identifier: MIT
#include "agent/serve/kept_answer.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "agent/base/expected.h"

namespace wsitrace {
namespace {

using Kept = KeptAnswer<Expected<std::string>>;

// The N-th answer says N, and takes as long as it is told to.
class KeptAnswerTest : public ::testing::Test {
 protected:
  void wait(uint64_t ns) { now_ns_ += ns; }

  uint64_t now_ns_ = 23;
  uint64_t takes_ns_ = 0;
  bool fails_ = false;
  int made_ = 0;
  Kept answer_{[this]() -> Expected<std::string> {
                 now_ns_ += takes_ns_;
                 ++made_;
                 if (fails_) return unexpected(Error{"diagnosis", "nothing was recorded yet", {}});
                 return std::to_string(made_);
               },
               [this] { return now_ns_; }};
};

TEST_F(KeptAnswerTest, NothingIsMadeBeforeSomebodyAsks) {
  wait(Kept::kKeptNs * 7);
  EXPECT_EQ(made_, 0);
}

TEST_F(KeptAnswerTest, ItIsMadeAnewAfterKeptNsAndNotBefore) {
  EXPECT_EQ(answer_.get(), "1");
  wait(Kept::kKeptNs - 1);
  EXPECT_EQ(answer_.get(), "1");
  wait(1);
  EXPECT_EQ(answer_.get(), "2");
}

TEST_F(KeptAnswerTest, WhatTookLongIsKeptLongerFromItsEndOn) {
  takes_ns_ = Kept::kKeptNs * 3;
  EXPECT_EQ(answer_.get(), "1");
  wait(Kept::kTimesAsLong * takes_ns_ - 1);
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

TEST_F(KeptAnswerTest, ItIsRenewedOnlyWhenItIsOld) {
  answer_.renew();
  EXPECT_EQ(made_, 1);
  wait(Kept::kRenewedNs - 1);
  answer_.renew();
  EXPECT_EQ(made_, 1);
  wait(1);
  answer_.renew();
  EXPECT_EQ(made_, 2);
}

TEST_F(KeptAnswerTest, WhatTookLongIsRenewedLessOften) {
  takes_ns_ = Kept::kRenewedNs;
  answer_.renew();
  wait(Kept::kRenewedTimesAsLong * takes_ns_ - 1);
  answer_.renew();
  EXPECT_EQ(made_, 1);
  wait(1);
  answer_.renew();
  EXPECT_EQ(made_, 2);
}

TEST_F(KeptAnswerTest, WhoeverAsksRenewsIt) {
  answer_.renew();
  wait(Kept::kRenewedNs);
  EXPECT_EQ(answer_.get(), "2");
  answer_.renew();
  EXPECT_EQ(made_, 2);
}

TEST(KeptAnswer, WhatIsThrownIsNotKept) {
  int asked = 0;
  Kept answer(
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
