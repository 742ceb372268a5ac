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
  Exchange *open(lws *from, Method method, std::string_view path) {
    Request request;
    request.method = method;
    request.path = path;
    return site_.open(from, request);
  }

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
  Exchange *exchange = open(wsi(1), Method::kGet, "/metrics");
  EXPECT_FALSE(exchange->ready());
  EXPECT_EQ(metrics_rendered_, 0);
  EXPECT_EQ(site_.work(), 1u);
  EXPECT_TRUE(exchange->ready());
  EXPECT_EQ(*exchange->response.body, "up 1\n");
}

TEST_F(SiteTest, PagesWithoutContentAreReadyAtOnce) {
  EXPECT_EQ(*open(wsi(1), Method::kGet, "healthz")->response.body, "ok\n");
  EXPECT_TRUE(open(wsi(1), Method::kGet, "")->ready());
  EXPECT_EQ(open(wsi(1), Method::kGet, "/metrics/more")->response.status, 404u);
  EXPECT_EQ(open(wsi(1), Method::kOther, "/metrics")->response.status, 405u);
  EXPECT_EQ(open(wsi(1), Method::kGet, std::string(Site::kMaxUriBytes + 1, 'a'))->response.status, 414u);
  EXPECT_EQ(site_.work(), 0u);
}

TEST_F(SiteTest, RequestsThatWaitTogetherShareOneRendering) {
  Exchange *first = open(wsi(1), Method::kGet, "/metrics");
  Exchange *second = open(wsi(2), Method::kHead, "/metrics");
  EXPECT_EQ(site_.work(), 2u);
  EXPECT_EQ(metrics_rendered_, 1);
  EXPECT_EQ(first->response.body, second->response.body);
}

TEST_F(SiteTest, RequestThatComesDuringARenderingGetsAFreshOne) {
  Exchange *late = nullptr;
  while_rendering_ = [&] {
    if (late == nullptr) late = open(wsi(2), Method::kGet, "/metrics");
  };
  open(wsi(1), Method::kGet, "/metrics");
  EXPECT_EQ(site_.work(), 2u);
  EXPECT_EQ(metrics_rendered_, 2);
  EXPECT_TRUE(late->ready());
}

TEST_F(SiteTest, EachFinishedResponseIsToldOnceToItsThread) {
  open(wsi(1), Method::kGet, "/metrics");
  open(wsi(2), Method::kGet, "/api/report");
  EXPECT_TRUE(site_.take_finished().connections.empty());
  site_.work();
  std::thread([&] { EXPECT_TRUE(site_.take_finished().connections.empty()); }).join();
  EXPECT_EQ(site_.take_finished().connections, (std::vector<lws *>{wsi(1), wsi(2)}));
  EXPECT_TRUE(site_.take_finished().connections.empty());
}

TEST_F(SiteTest, ManyFinishedResponsesAreToldInPieces) {
  for (size_t i = 0; i < 2 * Site::kMostTold + 3; ++i) open(wsi(i), Method::kGet, "/metrics");
  site_.work();
  for (const size_t expected : {Site::kMostTold, Site::kMostTold, size_t{3}}) {
    const Site::Finished finished = site_.take_finished();
    EXPECT_EQ(finished.connections.size(), expected);
    EXPECT_EQ(finished.more, expected != 3);
  }
}

TEST_F(SiteTest, ExchangeThatEndsWhileItIsRenderedIsNotToldAndNotAnswered) {
  Exchange *gone = open(wsi(1), Method::kGet, "/metrics");
  while_rendering_ = [&] { site_.end(gone); };
  EXPECT_EQ(site_.work(), 0u);
  EXPECT_TRUE(site_.take_finished().connections.empty());
  EXPECT_EQ(site_.open_count(), 0u);
}

TEST_F(SiteTest, ExchangeThatEndsUntoldLeavesNothingBehind) {
  Exchange *gone = open(wsi(1), Method::kGet, "/metrics");
  site_.work();
  site_.end(gone);
  EXPECT_TRUE(site_.take_finished().connections.empty());
  open(wsi(2), Method::kGet, "/metrics");
  site_.work();
  EXPECT_EQ(site_.take_finished().connections, std::vector<lws *>{wsi(2)});
}

TEST_F(SiteTest, ContentThatThrowsIs500AndCounted) {
  Exchange *exchange = open(wsi(1), Method::kGet, "/api/report");
  site_.work();
  EXPECT_EQ(exchange->response.status, 500u);
  EXPECT_EQ(site_.failures(), 1u);
}

TEST_F(SiteTest, OneTooManyIs503UntilOneEnds) {
  Exchange *first = open(wsi(1), Method::kGet, "/metrics");
  for (size_t i = 1; i < Site::kMaxOpen; ++i) open(wsi(1 + i), Method::kGet, "/metrics");
  EXPECT_EQ(open(wsi(99), Method::kGet, "/metrics")->response.status, 503u);
  EXPECT_EQ(open(wsi(98), Method::kGet, "/healthz")->response.status, 200u);
  site_.work();
  site_.end(first);
  EXPECT_FALSE(open(wsi(97), Method::kGet, "/metrics")->ready());
}

TEST_F(SiteTest, BodyIsFreedByTheWorkerNotByTheServiceThread) {
  Exchange *exchange = open(wsi(1), Method::kGet, "/metrics");
  site_.work();
  const std::weak_ptr<const std::string> body = exchange->response.body;
  site_.end(exchange);
  EXPECT_FALSE(body.expired());
  site_.work();
  EXPECT_TRUE(body.expired());
}

TEST_F(SiteTest, OnlyWhatWaitsForTheWorkerIsPending) {
  open(wsi(1), Method::kGet, "/healthz");
  open(wsi(2), Method::kGet, "/metrics");
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
  open(wsi(1), Method::kGet, "/metrics");
  site_.work();
  EXPECT_EQ(wakes, 1);
  site_.set_wake({});
  open(wsi(2), Method::kGet, "/metrics");
  site_.work();
  EXPECT_EQ(wakes, 1);
}

// A site with all there is, and requests as they come.
class FullSiteTest : public ::testing::Test {
 protected:
  const Response &get(std::string_view path, Arguments arguments = {}, std::string_view authorization = {},
                      std::string_view accept = {}) {
    Request request;
    request.path = path;
    request.arguments = std::move(arguments);
    request.authorization = authorization;
    request.accept = accept;
    Exchange *exchange = site_.open(wsi(1), request, access_);
    site_.work();
    EXPECT_TRUE(exchange->ready());
    return exchange->response;
  }

  LiveBoard board_;
  Access access_;
  Expected<std::string> diagnosis_ = R"({"diagnoses":[]})";
  int diagnosed_ = 0;
  Site site_{{.metrics = [] { return std::string("up 1\n"); },
              .report = [] { return std::string("{}"); },
              .open_metrics = [] { return std::string("# EOF\n"); },
              .board = &board_,
              .diagnosis =
                  [this] {
                    ++diagnosed_;
                    return Site::Diagnosed{diagnosis_, "the set"};
                  }}};
};

TEST_F(FullSiteTest, AnswersOfTheBoardAreJson) {
  for (const char *path : {"api/connections", "api/findings", "api/report", "api/diagnosis"}) {
    const Response &response = get(path);
    EXPECT_EQ(response.status, 200u) << path;
    EXPECT_STREQ(response.content_type, "application/json") << path;
  }
  EXPECT_EQ(get("api/connections/1/1").status, 404u);
  EXPECT_EQ(get("api/live").status, 426u);
  EXPECT_EQ(get("api/connections", {"limit=0"}).status, 400u);
}

TEST_F(FullSiteTest, DiagnosisIsAnsweredWithTheReasonWhyThereIsNone) {
  diagnosis_ = unexpected(Error{"diagnosis", "no trace is written", "give one"});
  EXPECT_EQ(get("api/diagnosis").status, 404u);
  EXPECT_EQ(get("api/diagnosis").bytes(), "no trace is written (give one)\n");
}

TEST_F(FullSiteTest, DiagnosisIsMadeForWhoMaySeeIt) {
  access_.token = "0123456789";
  EXPECT_EQ(get("api/diagnosis").status, 401u);
  EXPECT_EQ(diagnosed_, 0);
  EXPECT_EQ(get("api/diagnosis", {}, "Bearer 0123456789").bytes(), R"({"diagnoses":[]})");
  EXPECT_EQ(diagnosed_, 1);
}

TEST_F(FullSiteTest, SetOfDiagnosesIsAnsweredAlsoWhereThereAreNone) {
  diagnosis_ = unexpected(Error{"diagnosis", "no trace is written", "give one"});
  EXPECT_EQ(get("api/diagnosis", {"as=set"}).status, 200u);
  EXPECT_EQ(get("api/diagnosis", {"as=set"}).bytes(), "the set");
  EXPECT_EQ(diagnosed_, 1);
}

TEST_F(FullSiteTest, DiagnosisIsMadeAfterAScrapeForTheNextOne) {
  get("healthz");
  EXPECT_EQ(diagnosed_, 0);
  get("metrics");
  EXPECT_EQ(diagnosed_, 1);
  get("metrics");
  EXPECT_EQ(diagnosed_, 1) << "it is young";
  EXPECT_EQ(get("api/diagnosis").bytes(), R"({"diagnoses":[]})");
  EXPECT_EQ(diagnosed_, 1);
}

TEST_F(FullSiteTest, DiagnosesMayBeAnotherThreadsWork) {
  Request request;
  request.path = "metrics";
  Exchange *metrics = site_.open(wsi(1), request, access_);
  request.path = "api/diagnosis";
  Exchange *diagnosis = site_.open(wsi(2), request, access_);
  EXPECT_EQ(site_.work(Site::Share::kAllElse), 1u);
  EXPECT_TRUE(metrics->ready());
  EXPECT_FALSE(diagnosis->ready());
  EXPECT_EQ(diagnosed_, 0);
  EXPECT_EQ(site_.work(Site::Share::kDiagnosis), 1u);
  EXPECT_TRUE(diagnosis->ready());
  EXPECT_EQ(diagnosed_, 1);
}

TEST_F(FullSiteTest, AReportIsNotTheWorkOfTheThreadThatAnswersScrapes) {
  Request request;
  request.path = "api/report";
  Exchange *report = site_.open(wsi(1), request, access_);
  request.path = "metrics";
  Exchange *metrics = site_.open(wsi(2), request, access_);
  EXPECT_EQ(site_.work(Site::Share::kAllElse), 1u);
  EXPECT_TRUE(metrics->ready());
  EXPECT_FALSE(report->ready());
  EXPECT_EQ(site_.work(Site::Share::kDiagnosis), 1u);
  EXPECT_EQ(report->response.bytes(), "{}");
}

TEST_F(FullSiteTest, ReportsThatAreBeingSentHaveALimit) {
  std::vector<Exchange *> sent;
  Request request;
  request.path = "api/report";
  for (size_t i = 0; i < Site::kMostReports; ++i) {
    sent.push_back(site_.open(wsi(i), request, access_));
    site_.work();
  }
  Exchange *refused = site_.open(wsi(20), request, access_);
  EXPECT_EQ(refused->response.status, 503u);
  EXPECT_TRUE(refused->ready());
  EXPECT_EQ(get("metrics").status, 200u);
  site_.end(sent.front());
  site_.work();
  EXPECT_EQ(get("api/report").status, 200u);
}

TEST_F(FullSiteTest, PagesOfOtherSitesAreAnsweredNothingThatHasToBeMade) {
  Request request;
  request.host = "localhost:9100";
  for (const char *path : {"api/report", "api/connections", "api/findings", "api/diagnosis", "api/nothing"}) {
    request.path = path;
    request.origin = {};
    request.fetch_site = "cross-site";
    EXPECT_EQ(site_.open(wsi(1), request, access_)->response.status, 403u) << path;
    request.fetch_site = {};
    request.origin = "http://evil.example";
    EXPECT_EQ(site_.open(wsi(1), request, access_)->response.status, 403u) << path;
  }
  request.header_too_long = true;
  EXPECT_EQ(site_.open(wsi(1), request, access_)->response.status, 431u);
}

TEST_F(SiteTest, DiagnosisOfASiteWithoutAnyIsNoPage) {
  EXPECT_EQ(open(wsi(1), Method::kGet, "api/diagnosis")->response.status, 404u);
}

TEST_F(FullSiteTest, FormatOfMetricsIsTheClientsChoice) {
  EXPECT_EQ(get("metrics").bytes(), "up 1\n");
  const Response &response = get("metrics", {}, {}, "application/openmetrics-text");
  EXPECT_EQ(response.bytes(), "# EOF\n");
  EXPECT_STREQ(response.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST_F(FullSiteTest, RequestsThatDifferDoNotShareARendering) {
  Request first, second;
  first.path = second.path = "api/connections";
  first.arguments = {"limit=1"};
  second.arguments = {"limit=2"};
  Exchange *one = site_.open(wsi(1), first);
  Exchange *again = site_.open(wsi(2), first);
  Exchange *other = site_.open(wsi(3), second);
  site_.work();
  EXPECT_EQ(one->response.body, again->response.body);
  EXPECT_NE(one->response.body, other->response.body);
}

TEST_F(FullSiteTest, TokenIsAskedForBeforeAnythingIsTold) {
  access_.token = "0123456789";
  for (const char *path : {"metrics", "api/report", "api/nothing", "api/live", "api/connections", "api/diagnosis"})
    EXPECT_EQ(get(path).status, 401u);
  EXPECT_EQ(get("api/connections", {"limit=0"}).status, 401u);
  EXPECT_EQ(get("healthz").status, 200u);
  EXPECT_EQ(get("metrics", {}, "Bearer 0123456789").status, 200u);
}

TEST_F(FullSiteTest, MetricsOnlyIsMetricsOnly) {
  access_.metrics_only = true;
  for (const char *path : {"", "index.html", "api/report", "api/live", "api/connections", "api/diagnosis"})
    EXPECT_EQ(get(path).status, 404u) << path;
  EXPECT_EQ(get("metrics").status, 200u);
  EXPECT_EQ(get("healthz").status, 200u);
}

TEST_F(FullSiteTest, PathAndArgumentsShareTheLimit) {
  const std::string argument = "vhost=" + std::string(Site::kMaxUriBytes - 22, 'v');
  EXPECT_EQ(get("api/connections", {argument}).status, 200u);
  EXPECT_EQ(get("api/connections", {argument, ""}).status, 414u);
}

TEST_F(FullSiteTest, FollowersWakeTheLoop) {
  int wakes = 0;
  site_.set_wake([&] { ++wakes; });
  site_.feed().follow(wsi(5), 0);
  site_.work();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(site_.take_finished().connections, std::vector<lws *>{wsi(5)});
}

}  // namespace
}  // namespace wsitrace
