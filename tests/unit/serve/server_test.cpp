// SPDX-License-Identifier: MIT
//
// A real server on loopback, real sockets.
#include "agent/serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "http_client.h"
#include "worker.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

constexpr size_t kLargeBytes = 20'000'003;

// Every byte depends on its place, so that a piece that is lost or sent twice is seen.
std::string large_body() {
  std::string body(kLargeBytes, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + (i / 7 + i / 16384) % 23);
  return body;
}

ServeOptions at(const std::string &address) {
  ServeOptions options;
  options.listen = address;
  return options;
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { starts("127.0.0.1:0"); }
  void starts(const std::string &address) {
    server_.reset();
    auto server = Server::start(at(address), site_);
    ASSERT_TRUE(server) << server.error().line();
    server_ = std::move(*server);
  }
  [[nodiscard]] uint16_t port() const { return server_->port(); }

  std::atomic<bool> hold_{false};  // the rendering of /metrics waits while this is set
  std::atomic<int> rendering_{0};
  const std::string large_ = large_body();
  Site site_{{[this] {
                ++rendering_;
                while (hold_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                return std::string("up 1\n");
              },
              [this] { return large_; }}};
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, EveryPageIsServedWithItsType) {
  const Worker worker(site_);
  HttpClient client(port());
  const HttpReply metrics = client.get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.body, "up 1\n");
  EXPECT_THAT(metrics.headers, HasSubstr("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(metrics.headers, HasSubstr("content-length: 5\r\n"));
  EXPECT_THAT(metrics.headers, HasSubstr("cache-control: no-store\r\n"));
  EXPECT_THAT(metrics.headers, HasSubstr("x-content-type-options: nosniff\r\n"));
  EXPECT_EQ(client.get("/healthz").body, "ok\n");
  EXPECT_THAT(client.get("/").body, HasSubstr("api/report"));
  const HttpReply report = client.get("/api/report");
  EXPECT_THAT(report.headers, HasSubstr("content-type: application/json\r\n"));
  EXPECT_TRUE(report.body == large_);
}

TEST_F(ServerTest, QueryIsIgnored) {
  const Worker worker(site_);
  EXPECT_EQ(HttpClient(port()).get("/metrics?name[]=up").status, 200);
}

TEST_F(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  const Worker worker(site_);
  HttpClient client(port());
  client.request("/api/report", "HEAD");
  const HttpReply head = client.read_reply(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.headers, HasSubstr("content-length: 20000003\r\n"));
  EXPECT_EQ(client.get("/healthz").body, "ok\n") << "the connection is in step";
}

TEST_F(ServerTest, UnknownPathIs404AndTheConnectionGoesOn) {
  HttpClient client(port());
  for (const char *path : {"/nope", "/metrics2", "/api", "/api/report/x", "/%2e%2e/metrics2"}) {
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
  EXPECT_EQ(client.get("/healthz").status, 200);
}

TEST_F(ServerTest, OtherMethodsAre405AndTheConnectionGoesOn) {
  HttpClient client(port());
  for (const char *method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    client.send(std::string(method) + " /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 7\r\n\r\n1234567");
    const HttpReply reply = client.read_reply();
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_THAT(reply.headers, HasSubstr("allow: GET, HEAD\r\n"));
  }
  EXPECT_EQ(client.get("/healthz").status, 200);
}

TEST_F(ServerTest, RequestBodyOfUnknownOrAbsurdLengthEndsTheConnection) {
  for (const char *framing :
       {"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "content-length: 99999999\r\n\r\n"}) {
    HttpClient client(port());
    client.send(std::string("POST /metrics HTTP/1.1\r\nhost: localhost\r\n") + framing);
    const HttpReply reply = client.read_reply();
    EXPECT_EQ(reply.status, 405) << framing;
    EXPECT_THAT(reply.headers, HasSubstr("connection: close\r\n"));
    EXPECT_TRUE(client.ended_within(60000));
  }
}

TEST_F(ServerTest, UriOverOneKibibyteIsRefused) {
  HttpClient client(port());
  EXPECT_EQ(client.get("/" + std::string(Site::kMaxUriBytes, 'a')).status, 414);
  EXPECT_EQ(client.get("/" + std::string(Site::kMaxUriBytes - 1, 'a')).status, 404);
}

TEST_F(ServerTest, TwentyThreeRequestsOnOneConnection) {
  const Worker worker(site_);
  HttpClient client(port());
  for (int i = 0; i < 23; ++i) ASSERT_EQ(client.get("/metrics").body, "up 1\n") << i;
  EXPECT_TRUE(eventually([&] { return site_.open_count() == 0; }));
}

TEST_F(ServerTest, ConnectionCloseIsHonoured) {
  const Worker worker(site_);
  HttpClient client(port());
  client.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "up 1\n");
  EXPECT_TRUE(client.ended_within(60000));
}

TEST_F(ServerTest, FiftyThreeClientsAtOnceShareARendering) {
  std::vector<HttpClient> clients;
  for (int i = 0; i < 53; ++i) clients.emplace_back(port()).request("/metrics");
  ASSERT_TRUE(eventually([&] { return site_.open_count() == 53; }));
  const Worker worker(site_);
  for (auto &client : clients) EXPECT_EQ(client.read_reply().body, "up 1\n");
  EXPECT_EQ(rendering_.load(), 1);
}

TEST_F(ServerTest, MoreThanTheLimitAre503AndTheOthersAreServed) {
  std::vector<HttpClient> clients;
  for (size_t i = 0; i < Site::kMaxOpen; ++i) clients.emplace_back(port()).request("/metrics");
  ASSERT_TRUE(eventually([&] { return site_.open_count() == Site::kMaxOpen; }));
  EXPECT_EQ(HttpClient(port()).get("/metrics").status, 503);
  EXPECT_EQ(HttpClient(port()).get("/healthz").status, 200);
  const Worker worker(site_);
  for (auto &client : clients) EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(ServerTest, ThoseWhoOnlyConnectDoNotKeepOthersOut) {
  constexpr size_t kSilent = 521;
  const Worker worker(site_);
  std::vector<HttpClient> silent;
  for (size_t i = 0; i < kSilent; ++i) silent.emplace_back(port());
  EXPECT_EQ(HttpClient(port()).get("/metrics").body, "up 1\n");
  EXPECT_FALSE(silent[101].ended_within(0)) << "it waited until their time was up";
}

TEST_F(ServerTest, ClientThatResetsDuringTheRenderingIsForgottenAtOnce) {
  hold_.store(true);
  const Worker worker(site_);
  HttpClient leaves(port());
  leaves.request("/metrics");
  ASSERT_TRUE(eventually([&] { return rendering_.load() == 1; }));
  leaves.reset();
  EXPECT_TRUE(eventually([&] { return site_.open_count() == 0; }));
  hold_.store(false);
  EXPECT_EQ(HttpClient(port()).get("/metrics").status, 200);
}

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// A client that has closed its side, or has sent the next request already, leaves the socket readable: nobody may spin on it.
// (What becomes of the second request differs between versions of libwebsockets.)
TEST_F(ServerTest, ReadableSocketDuringTheRenderingCostsNothing) {
  HttpClient leaves(port());
  leaves.request("/metrics");
  HttpClient hurries(port());
  hurries.request("/metrics");
  ASSERT_TRUE(eventually([&] { return site_.open_count() == 2; }));
  leaves.disconnect();
  hurries.request("/healthz");
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(701));
  EXPECT_LT(cpu_seconds() - before, 0.2);
  const Worker worker(site_);
  EXPECT_TRUE(eventually([&] { return site_.open_count() == 0; }));
}

TEST_F(ServerTest, PagesThatNeedNoRenderingAreServedDuringOne) {
  hold_.store(true);
  const Worker worker(site_);
  HttpClient waits(port());
  waits.request("/metrics");
  ASSERT_TRUE(eventually([&] { return rendering_.load() == 1; }));
  EXPECT_EQ(HttpClient(port()).get("/healthz").status, 200);
  hold_.store(false);
  EXPECT_EQ(waits.read_reply().status, 200);
}

TEST_F(ServerTest, SlowReaderOfALargeBodyHoldsNobody) {
  const Worker worker(site_);
  HttpClient slow(port(), 4096);
  slow.request("/api/report");
  ASSERT_TRUE(eventually([&] { return site_.open_count() == 1; }));
  for (int i = 0; i < 23; ++i) EXPECT_EQ(HttpClient(port()).get("/metrics").status, 200);
  EXPECT_TRUE(eventually([&] { return site_.open_count() == 1; })) << "the slow one is still being served";
  EXPECT_TRUE(slow.read_reply().body == large_);
}

TEST_F(ServerTest, ClientThatLeavesMidBodyIsForgotten) {
  const Worker worker(site_);
  HttpClient leaves(port(), 4096);
  leaves.request("/api/report");
  ASSERT_FALSE(leaves.ended_within(60000)) << "the first bytes are there";
  leaves.disconnect();
  EXPECT_TRUE(eventually([&] { return site_.open_count() == 0; }));
}

TEST_F(ServerTest, StopsWithIdleWaitingAndReadingClients) {
  HttpClient idle(port());
  EXPECT_EQ(idle.get("/healthz").status, 200);
  HttpClient reads(port(), 4096);
  reads.request("/api/report");
  ASSERT_TRUE(eventually([&] { return site_.work() == 1; }));
  ASSERT_FALSE(reads.ended_within(60000));
  HttpClient waits(port());
  waits.request("/metrics");
  ASSERT_TRUE(eventually([&] { return site_.open_count() == 2; }));
  server_->stop();
  EXPECT_EQ(site_.open_count(), 0u);
  EXPECT_EQ(site_.work(), 0u);
  EXPECT_TRUE(idle.ended_within(60000));
  EXPECT_TRUE(waits.ended_within(60000));
}

TEST_F(ServerTest, StopsWhileAResponseIsBeingRendered) {
  hold_.store(true);
  const Worker worker(site_);
  HttpClient waits(port());
  waits.request("/metrics");
  ASSERT_TRUE(eventually([&] { return rendering_.load() == 1; }));
  server_->stop();
  hold_.store(false);
  EXPECT_EQ(waits.read_reply().status, 0);
}

TEST_F(ServerTest, MayBeStartedAgainOnItsPort) {
  const Worker worker(site_);
  const std::string address = "127.0.0.1:" + std::to_string(port());
  for (int i = 0; i < 5; ++i) {
    starts(address);
    EXPECT_EQ(HttpClient(port()).get("/metrics").status, 200);
  }
  EXPECT_EQ(server_->url(), "http://" + address);
}

TEST_F(ServerTest, SecondServerOnTheSamePortIsRefusedClearly) {
  const std::string address = "127.0.0.1:" + std::to_string(port());
  Site other{{}};
  const auto second = Server::start(at(address), other);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().line(), HasSubstr("listen on " + address + ": Address already in use"));
}

// Sockets that listen on PORT, as "address" in the kernel's notation.
std::vector<std::string> listeners(const char *table, uint16_t port) {
  char suffix[8];
  std::snprintf(suffix, sizeof(suffix), ":%04X", port);
  std::vector<std::string> found;
  std::ifstream lines(table);
  std::string number, local, remote, state, rest;
  while (lines >> number >> local >> remote >> state && std::getline(lines, rest)) {
    if (state == "0A" && local.ends_with(suffix)) found.push_back(local.substr(0, local.size() - 5));
  }
  return found;
}

TEST_F(ServerTest, ListensOnTheAddressOnlyThatItWasGiven) {
  EXPECT_EQ(listeners("/proc/net/tcp", port()), std::vector<std::string>{"0100007F"});
  EXPECT_TRUE(listeners("/proc/net/tcp6", port()).empty());
}

TEST_F(ServerTest, ListensOnIpv6Loopback) {
  const Worker worker(site_);
  starts("[::1]:0");
  EXPECT_EQ(listeners("/proc/net/tcp6", port()), std::vector<std::string>{"00000000000000000000000001000000"});
  EXPECT_TRUE(listeners("/proc/net/tcp", port()).empty());
  EXPECT_EQ(HttpClient(port(), 0, true).get("/metrics").status, 200);
  EXPECT_EQ(server_->url(), "http://[::1]:" + std::to_string(port()));
}

TEST_F(ServerTest, LeavesSignalHandlingAsItWas) {
  struct sigaction before {};
  before.sa_handler = [](int) {};
  struct sigaction saved {};
  sigaction(SIGPIPE, &before, &saved);
  starts("127.0.0.1:0");
  struct sigaction after {};
  sigaction(SIGPIPE, &saved, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_FALSE(sigismember(&mask, SIGTERM));
}

TEST_F(ServerTest, GarbageHurtsNobody) {
  const Worker worker(site_);
  for (const std::string &bytes :
       {std::string("\x16\x03\x01\x02\x00\x01", 6), std::string(9000, 'A'), std::string("GET\r\n\r\n"),
        std::string("GET /metrics HTTP/1.1\r\ncontent-length: -7\r\n\r\n"), std::string("\0\0\0\0", 4)}) {
    HttpClient client(port());
    client.send(bytes);
    client.disconnect();
  }
  EXPECT_EQ(HttpClient(port()).get("/metrics").status, 200);
  EXPECT_TRUE(eventually([&] { return site_.open_count() == 0; }));
}

}  // namespace
}  // namespace wsitrace
