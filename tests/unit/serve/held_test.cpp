// SPDX-License-Identifier: MIT
//
// How long a service thread is held by what is served: the processor time of each callback, so that other programs on the machine do
// not count; interrupts that it takes meanwhile do, and so does what the kernel does for a peer on loopback within the send(2) that
// brings it a segment. Bare sends of the same bytes to as many peers, without us and without libwebsockets, stand beside it. What it
// is, is said; that nobody waits for anybody is claimed.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <mutex>

#include "agent/lws/callbacks.h"
#include "agent/serve/http_session.h"
#include "bare_server.h"
#include "http_client.h"
#include "worker.h"

namespace wsitrace {
namespace {

class Held {
 public:
  void add(uint64_t nanoseconds) {
    const std::lock_guard lock(mutex_);
    all_.push_back(nanoseconds);
  }
  [[nodiscard]] uint64_t percentile(size_t thousandth) {
    const std::lock_guard lock(mutex_);
    std::sort(all_.begin(), all_.end());
    return all_.empty() ? 0 : all_[(all_.size() - 1) * thousandth / 1000];
  }
  [[nodiscard]] size_t count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<uint64_t> all_;
};

Held &held() {
  static Held all;
  return all;
}

uint64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

int measured(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len) {
  auto *site = static_cast<Site *>(lws_context_user(lws_get_context(wsi)));
  const uint64_t before = thread_cpu_ns();
  const int result = serve_http_callback(*site, wsi, reason, user, in, len);
  held().add(thread_cpu_ns() - before);
  return result;
}

// A server with one vhost, which the site has all of.
class MeasuredServer {
 public:
  explicit MeasuredServer(Site &site) : site_(site) {
    lws_set_log_level(0, nullptr);
    lws_context_creation_info info{};
    info.iface = "127.0.0.1";
    info.protocols = protocols_;
    info.user = &site;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6;
    context_ = lws_create_context(&info);
    vhost_ = lws_create_vhost(context_, &info);
    site.doors().set(vhost_, Access{});
    site.doors().learn_mount(vhost_, "");
    site.set_wake([this] { lws_cancel_service(context_); });
    thread_ = std::thread([this] {
      while (!stop_.load()) lws_service(context_, 0);
    });
  }
  ~MeasuredServer() {
    stop_.store(true);
    lws_cancel_service(context_);
    thread_.join();
    site_.set_wake({});
    lws_context_destroy(context_);
  }
  MeasuredServer(const MeasuredServer &) = delete;
  MeasuredServer &operator=(const MeasuredServer &) = delete;
  [[nodiscard]] uint16_t port() const { return static_cast<uint16_t>(lws_get_vhost_listen_port(vhost_)); }

 private:
  Site &site_;
  const lws_protocols protocols_[2] = {{kLiveProtocol, measured, sizeof(HttpSession), 0, 0, nullptr, 0}, {}};
  lws_context *context_ = nullptr;
  lws_vhost *vhost_ = nullptr;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void open_connections(LiveProcess &log, uint64_t count) {
  ProcessFacts facts;
  facts.pid = 7;
  facts.program = "prog";
  log.on_process(facts);
  Event event{};
  event.kind = k_CLIENT_HTTP_BIND_PROTOCOL;
  for (uint64_t i = 1; i <= count; ++i) {
    event.time_ns = i * 1'000;
    event.wsi = i * 0x240;
    log.on_event(event, {});
  }
}

void tell(const char *what, const char *with, Held &times) {
  std::printf("service thread held by %s, %s: p50 %.1f us, p99 %.1f us, p99.9 %.1f us, worst %.1f us of %zu\n", what,
              with, static_cast<double>(times.percentile(500)) / 1e3, static_cast<double>(times.percentile(990)) / 1e3,
              static_cast<double>(times.percentile(999)) / 1e3, static_cast<double>(times.percentile(1000)) / 1e3,
              times.count());
}

constexpr int kScrapers = 53;
constexpr int kRounds = 3;
constexpr size_t kMetricsBytes = 60'013;
constexpr size_t kReportBytes = 20'000'003;

void scrape_at_once(uint16_t port) {
  for (int round = 0; round < kRounds; ++round) {
    std::vector<HttpClient> scrapers;
    for (int i = 0; i < kScrapers; ++i)
      scrapers.emplace_back(port).request(i % 2 == 0 ? "/metrics" : "/api/connections");
    for (HttpClient &scraper : scrapers) EXPECT_EQ(scraper.read_reply().status, 200);
  }
}

// PEERS at a time, as often as ASK asks for them; the times are those of send(2) alone.
template <typename Ask>
void tell_bare(const char *with, int rounds, size_t peers, size_t body_bytes, Ask ask) {
  Held times;
  const BareServer server;
  std::thread sender([&] {
    for (int round = 0; round < rounds; ++round)
      server.answer(peers, body_bytes, [&](const std::function<void()> &send_once) {
        const uint64_t before = thread_cpu_ns();
        send_once();
        times.add(thread_cpu_ns() - before);
      });
  });
  ask(server.port());
  sender.join();
  tell("bare send(2)", with, times);
}

void read_slowly(uint16_t port) {
  HttpClient slow(port, 4096);
  slow.request("/api/report");
  EXPECT_EQ(slow.read_reply().body.size(), kReportBytes);
}

TEST(ServiceThread, IsNotHeldByScrapersSlowReadersAndThoseWhoNeverRead) {
  LiveBoard board;
  const auto log = board.listener();
  open_connections(*log, 20'011);
  Site site{
      {[] { return std::string(kMetricsBytes, 'm'); }, [] { return std::string(kReportBytes, 'r'); }, {}, &board}};
  const Worker worker(site);
  const MeasuredServer server(site);

  scrape_at_once(server.port());
  tell("a callback", "53 scrapers at once", held());
  tell_bare("53 scrapers at once", kRounds, kScrapers, kMetricsBytes, scrape_at_once);

  HttpClient never_reads(server.port(), 4096);
  never_reads.send(
      "GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: wsitrace\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return site.feed().follower_count() == 1; }));
  std::thread slow(read_slowly, server.port());
  scrape_at_once(server.port());
  slow.join();
  EXPECT_EQ(site.feed().follower_count(), 1u);
  tell("a callback", "a slow reader", held());
  tell_bare("a slow reader", 1, 1, kReportBytes, read_slowly);
}

}  // namespace
}  // namespace wsitrace
