// SPDX-License-Identifier: MIT
#include "agent/serve/live_feed.h"
#include "agent/lws/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "wsitrace/event.h"

namespace wsitrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The feed never looks behind the pointer.
constexpr uint64_t kBegan = 1;

lws *follower_wsi(size_t number) {
  static std::array<char, 101> places;
  return reinterpret_cast<lws *>(&places.at(number));
}

class LiveFeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ProcessFacts facts;
    facts.pid = 7;
    facts.program = "prog";
    log_->on_process(facts);
  }
  void open_connection() {
    Event event{};
    event.kind = k_CLIENT_HTTP_BIND_PROTOCOL;
    event.time_ns = ++now_;
    event.wsi = 0x10000 + now_;
    log_->on_event(event, {});
  }
  // As the service thread does it; empty: there is no message.
  std::string take(Follower *follower) const {
    if (!follower->has_message()) return {};
    std::string text = *follower->message;
    LiveFeed::finish(*follower, now_);
    return text;
  }
  size_t after(uint64_t nanoseconds) {
    now_ += nanoseconds;
    return feed_.work(now_);
  }

  LiveBoard board_;
  std::shared_ptr<LiveProcess> log_ = board_.listener();
  LiveFeed feed_{&board_};
  uint64_t now_ = 1'000'000'000'000;
};

TEST_F(LiveFeedTest, FirstMessageIsAHelloThenComeChanges) {
  Follower *follower = feed_.follow(follower_wsi(1), kBegan);
  EXPECT_FALSE(follower->has_message());
  EXPECT_EQ(after(1), 1u);
  EXPECT_THAT(take(follower), HasSubstr(R"("type":"hello")"));
  open_connection();
  EXPECT_EQ(after(LiveFeed::kPaceNs), 1u);
  EXPECT_THAT(take(follower), HasSubstr(R"("key":"7/1")"));
}

TEST_F(LiveFeedTest, MessagesKeepTheirDistance) {
  Follower *follower = feed_.follow(follower_wsi(1), kBegan);
  after(1);
  take(follower);
  open_connection();
  EXPECT_EQ(after(LiveFeed::kPaceNs - 1'000), 0u);
  EXPECT_EQ(after(1'000), 1u);
}

TEST_F(LiveFeedTest, WithNothingNewThereIsAHeartbeatNowAndThen) {
  Follower *follower = feed_.follow(follower_wsi(1), kBegan);
  after(1);
  take(follower);
  EXPECT_EQ(after(LiveFeed::kPaceNs), 0u);
  EXPECT_EQ(after(LiveFeed::kHeartbeatNs - LiveFeed::kPaceNs - 1), 0u);
  EXPECT_EQ(after(1), 1u);
  EXPECT_THAT(take(follower), HasSubstr(R"("rows":[],"gone":[])"));
}

TEST_F(LiveFeedTest, WhoDoesNotReadHasOneMessageAndNoMore) {
  Follower *follower = feed_.follow(follower_wsi(1), kBegan);
  after(1);
  const auto message = follower->message;
  for (int i = 0; i < 23; ++i) {
    open_connection();
    EXPECT_EQ(after(LiveFeed::kPaceNs), 0u);
  }
  EXPECT_EQ(follower->message, message);
}

TEST_F(LiveFeedTest, WhoReadsAgainAfterAWhileIsToldEverythingAnew) {
  Follower *follower = feed_.follow(follower_wsi(1), kBegan);
  after(1);
  now_ += LiveFeed::kStaleNs + 1;
  take(follower);
  EXPECT_EQ(after(1), 1u);
  EXPECT_THAT(take(follower), HasSubstr(R"("type":"hello")"));
  now_ += LiveFeed::kPaceNs;
  open_connection();
  after(1);
  now_ += LiveFeed::kStaleNs - LiveFeed::kPaceNs;
  take(follower);
  open_connection();
  after(1);
  EXPECT_THAT(take(follower), HasSubstr(R"("type":"changes")"));
}

TEST_F(LiveFeedTest, ThoseAtTheSamePlaceShareTheBytes) {
  Follower *first = feed_.follow(follower_wsi(1), kBegan);
  Follower *second = feed_.follow(follower_wsi(2), kBegan);
  EXPECT_EQ(after(1), 2u);
  EXPECT_EQ(first->message, second->message);
}

TEST_F(LiveFeedTest, EachMessageIsAnnouncedOnceToItsThread) {
  Follower *follower = feed_.follow(follower_wsi(1), kBegan);
  EXPECT_THAT(feed_.take_ready(), IsEmpty());
  after(1);
  std::thread([&] { EXPECT_THAT(feed_.take_ready(), IsEmpty()); }).join();
  EXPECT_THAT(feed_.take_ready(), ElementsAre(follower_wsi(1)));
  EXPECT_THAT(feed_.take_ready(), IsEmpty());
  take(follower);
  after(LiveFeed::kHeartbeatNs);
  EXPECT_THAT(feed_.take_ready(), ElementsAre(follower_wsi(1)));
}

TEST_F(LiveFeedTest, WhoHasLeftIsForgottenWithItsMessage) {
  Follower *leaves = feed_.follow(follower_wsi(1), kBegan);
  feed_.follow(follower_wsi(2), kBegan);
  after(1);
  feed_.leave(leaves);
  EXPECT_EQ(feed_.follower_count(), 1u);
  EXPECT_THAT(feed_.take_ready(), ElementsAre(follower_wsi(2)));
}

TEST_F(LiveFeedTest, OneTooManyIsTurnedAway) {
  for (size_t i = 0; i < LiveFeed::kMostFollowers; ++i) {
    EXPECT_TRUE(feed_.make_room(kBegan).exists);
    ASSERT_NE(feed_.follow(follower_wsi(i), kBegan), nullptr);
  }
  EXPECT_FALSE(feed_.make_room(kBegan + LiveFeed::kLeastNs - 1).exists);
  EXPECT_EQ(feed_.follow(follower_wsi(99), kBegan), nullptr);
}

TEST_F(LiveFeedTest, NobodyIsKeptOutForGood) {
  for (size_t i = 0; i < LiveFeed::kMostFollowers; ++i) feed_.follow(follower_wsi(i), kBegan + i);
  const uint64_t now_ns = kBegan + LiveFeed::kLeastNs;
  const auto room = feed_.make_room(now_ns);
  EXPECT_TRUE(room.exists);
  EXPECT_EQ(room.given_up, follower_wsi(0));
  const Follower *newcomer = feed_.follow(follower_wsi(99), now_ns);
  ASSERT_NE(newcomer, nullptr);
  EXPECT_FALSE(newcomer->is_given_up());
  EXPECT_FALSE(feed_.make_room(now_ns).exists) << "the next has not followed for long";
}

TEST(LiveFeed, WithoutABoardThereIsNothingToFollow) {
  LiveFeed feed(nullptr);
  EXPECT_FALSE(feed.make_room(kBegan).exists);
  EXPECT_EQ(feed.follow(follower_wsi(1), kBegan), nullptr);
  EXPECT_EQ(feed.work(1), 0u);
}

}  // namespace
}  // namespace wsitrace
