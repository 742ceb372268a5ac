// SPDX-License-Identifier: MIT
#include "agent/serve/site.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

namespace wsitrace {
namespace {

// The site never looks behind the pointer.
lws *wsi(size_t number) {
  static std::array<char, 101> places;
  return reinterpret_cast<lws *>(&places.at(number));
}

class SiteTest : public ::testing::Test {
 protected:
  int metrics_rendered_ = 0;
  std::function<void()> while_rendering_;
  Site site_{{[this] {
                ++metrics_rendered_;
                if (while_rendering_) while_rendering_();
                return std::string("up 1\n");
              },
              []() -> std::string { throw std::runtime_error("no report"); }}};
};

TEST_F(SiteTest, NothingIsRenderedBeforeTheWorkerWorks) {
  Exchange *exchange = site_.open(wsi(1), Method::kGet, "/metrics");
  EXPECT_FALSE(exchange->ready());
  EXPECT_EQ(metrics_rendered_, 0);
  EXPECT_EQ(site_.work(), 1u);
  EXPECT_TRUE(exchange->ready());
  EXPECT_EQ(*exchange->response.body, "up 1\n");
}

TEST_F(SiteTest, PagesWithoutContentAreReadyAtOnce) {
  EXPECT_EQ(*site_.open(wsi(1), Method::kGet, "healthz")->response.body, "ok\n");
  EXPECT_TRUE(site_.open(wsi(1), Method::kGet, "")->ready());
  EXPECT_EQ(site_.open(wsi(1), Method::kGet, "/metrics/more")->response.status, 404u);
  EXPECT_EQ(site_.open(wsi(1), Method::kOther, "/metrics")->response.status, 405u);
  EXPECT_EQ(site_.open(wsi(1), Method::kGet, std::string(Site::kMaxUriBytes + 1, 'a'))->response.status, 414u);
  EXPECT_EQ(site_.work(), 0u);
}

TEST_F(SiteTest, RequestsThatWaitTogetherShareOneRendering) {
  Exchange *first = site_.open(wsi(1), Method::kGet, "/metrics");
  Exchange *second = site_.open(wsi(2), Method::kHead, "/metrics");
  EXPECT_EQ(site_.work(), 2u);
  EXPECT_EQ(metrics_rendered_, 1);
  EXPECT_EQ(first->response.body, second->response.body);
}

TEST_F(SiteTest, RequestThatComesDuringARenderingGetsAFreshOne) {
  Exchange *late = nullptr;
  while_rendering_ = [&] {
    if (late == nullptr) late = site_.open(wsi(2), Method::kGet, "/metrics");
  };
  site_.open(wsi(1), Method::kGet, "/metrics");
  EXPECT_EQ(site_.work(), 2u);
  EXPECT_EQ(metrics_rendered_, 2);
  EXPECT_TRUE(late->ready());
}

TEST_F(SiteTest, EachFinishedResponseIsToldOnceToItsThread) {
  site_.open(wsi(1), Method::kGet, "/metrics");
  site_.open(wsi(2), Method::kGet, "/api/report");
  EXPECT_TRUE(site_.take_finished().empty());
  site_.work();
  std::thread([&] { EXPECT_TRUE(site_.take_finished().empty()); }).join();
  EXPECT_EQ(site_.take_finished(), (std::vector<lws *>{wsi(1), wsi(2)}));
  EXPECT_TRUE(site_.take_finished().empty());
}

TEST_F(SiteTest, ExchangeThatEndsWhileItIsRenderedIsNotToldAndNotAnswered) {
  Exchange *gone = site_.open(wsi(1), Method::kGet, "/metrics");
  while_rendering_ = [&] { site_.end(gone); };
  EXPECT_EQ(site_.work(), 0u);
  EXPECT_TRUE(site_.take_finished().empty());
  EXPECT_EQ(site_.open_count(), 0u);
}

TEST_F(SiteTest, ExchangeThatEndsUntoldLeavesNothingBehind) {
  Exchange *gone = site_.open(wsi(1), Method::kGet, "/metrics");
  site_.work();
  site_.end(gone);
  EXPECT_TRUE(site_.take_finished().empty());
  site_.open(wsi(2), Method::kGet, "/metrics");
  site_.work();
  EXPECT_EQ(site_.take_finished(), std::vector<lws *>{wsi(2)});
}

TEST_F(SiteTest, ContentThatThrowsIs500AndCounted) {
  Exchange *exchange = site_.open(wsi(1), Method::kGet, "/api/report");
  site_.work();
  EXPECT_EQ(exchange->response.status, 500u);
  EXPECT_EQ(site_.failures(), 1u);
}

TEST_F(SiteTest, OneTooManyIs503UntilOneEnds) {
  Exchange *first = site_.open(wsi(1), Method::kGet, "/metrics");
  for (size_t i = 1; i < Site::kMaxOpen; ++i) site_.open(wsi(1 + i), Method::kGet, "/metrics");
  EXPECT_EQ(site_.open(wsi(99), Method::kGet, "/metrics")->response.status, 503u);
  EXPECT_EQ(site_.open(wsi(98), Method::kGet, "/healthz")->response.status, 200u);
  site_.work();
  site_.end(first);
  EXPECT_FALSE(site_.open(wsi(97), Method::kGet, "/metrics")->ready());
}

TEST_F(SiteTest, BodyIsFreedByTheWorkerNotByTheServiceThread) {
  Exchange *exchange = site_.open(wsi(1), Method::kGet, "/metrics");
  site_.work();
  const std::weak_ptr<const std::string> body = exchange->response.body;
  site_.end(exchange);
  EXPECT_FALSE(body.expired());
  site_.work();
  EXPECT_TRUE(body.expired());
}

TEST_F(SiteTest, OnlyWhatWaitsForTheWorkerIsPending) {
  site_.open(wsi(1), Method::kGet, "/healthz");
  site_.open(wsi(2), Method::kGet, "/metrics");
  EXPECT_EQ(site_.pending_count(), 1u);
  site_.work();
  EXPECT_EQ(site_.pending_count(), 0u);
  EXPECT_EQ(site_.open_count(), 2u);
}

TEST_F(SiteTest, WorkerWakesTheLoopOnceItHasAnswers) {
  int wakes = 0;
  site_.set_wake([&] { ++wakes; });
  site_.work();
  EXPECT_EQ(wakes, 0);
  site_.open(wsi(1), Method::kGet, "/metrics");
  site_.work();
  EXPECT_EQ(wakes, 1);
  site_.set_wake({});
  site_.open(wsi(2), Method::kGet, "/metrics");
  site_.work();
  EXPECT_EQ(wakes, 1);
}

}  // namespace
}  // namespace wsitrace
