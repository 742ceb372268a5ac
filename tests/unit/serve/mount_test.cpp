// SPDX-License-Identifier: MIT
//
// A Site below a mount of a foreign libwebsockets program, as the plugin serves it: plain HTTP/1.1 and HTTP/2 (prior
// knowledge), driven by curl.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <optional>

#include "agent/serve/http_session.h"
#include "http_client.h"
#include "worker.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

int host_callback(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len) {
  return lws_callback_http_dummy(wsi, reason, user, in, len);
}

int mount_callback(lws *wsi, lws_callback_reasons reason, void *user, void *in, size_t len) {
  auto *site = static_cast<Site *>(lws_context_user(lws_get_context(wsi)));
  return serve_http_callback(*site, wsi, reason, user, in, len);
}

constexpr char kMountpoint[] = "/wsitrace";

// A program with a protocol of its own first, and the site mounted beside it.
class Host {
 public:
  Host(Site &site, bool http2, unsigned pt_serv_buf_size = 0) : site_(site) {
    lws_set_log_level(0, nullptr);
    mount_.mountpoint = kMountpoint;
    mount_.mountpoint_len = sizeof(kMountpoint) - 1;
    mount_.origin = "wsitrace";
    mount_.origin_protocol = LWSMPRO_CALLBACK;
    mount_.protocol = "wsitrace";
    lws_context_creation_info info{};
    info.iface = "127.0.0.1";
    info.protocols = protocols_;
    info.mounts = &mount_;
    info.user = &site;
    info.pt_serv_buf_size = pt_serv_buf_size;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6;
    if (http2) info.options |= LWS_SERVER_OPTION_H2_PRIOR_KNOWLEDGE;
    context_ = lws_create_context(&info);
    lws_vhost *vhost = lws_create_vhost(context_, &info);
    port_ = static_cast<uint16_t>(lws_get_vhost_listen_port(vhost));
    site.doors().set(vhost, Access{});
    site.set_wake([this] { lws_cancel_service(context_); });
    thread_ = std::thread([this] {
      while (!stop_.load()) lws_service(context_, 0);
    });
  }
  ~Host() {
    stop_.store(true);
    lws_cancel_service(context_);
    thread_.join();
    site_.set_wake({});
    lws_context_destroy(context_);
  }
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;
  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  Site &site_;
  const lws_protocols protocols_[3] = {{"host", host_callback, 0, 0, 0, nullptr, 0},
                                       {"wsitrace", mount_callback, sizeof(HttpSession), 0, 0, nullptr, 0},
                                       {}};
  lws_http_mount mount_{};
  lws_context *context_ = nullptr;
  uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string output_of(const std::string &command) {
  FILE *pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string out;
  char buffer[65536];
  for (size_t n = 0; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

class MountTest : public ::testing::TestWithParam<bool> {
 protected:
  static constexpr size_t kLargeBytes = 10'000'019;
  [[nodiscard]] std::string url(const std::string &path) const {
    return "http://127.0.0.1:" + std::to_string(host_.port()) + kMountpoint + path;
  }
  [[nodiscard]] std::string curl(const std::string &arguments, const std::string &path) const {
    return output_of(std::string("curl -sS --no-progress-meter -m 20 ") +
                     (GetParam() ? "--http2-prior-knowledge " : "--http1.1 ") + arguments +
                     " http://127.0.0.1:" + std::to_string(host_.port()) + kMountpoint + path + " 2>&1");
  }

  Site site_{{[] { return std::string("up 1\n"); }, [] { return std::string(kLargeBytes, 'x'); }}};
  const Host host_{site_, GetParam()};
  const Worker worker_{site_};
};

TEST_P(MountTest, PagesHangBelowTheMountpoint) {
  EXPECT_EQ(curl("", "/metrics"), "up 1\n");
  EXPECT_EQ(curl("", "/healthz"), "ok\n");
  EXPECT_THAT(curl("", "/"), HasSubstr("api/report"));
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code} %{http_version}'", "/metrics"), GetParam() ? "200 2" : "200 1.1");
}

TEST_P(MountTest, LargeBodyArrivesWhole) {
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code} %{size_download}'", "/api/report"), "200 10000019");
}

TEST_P(MountTest, LargeBodyArrivesAtASlowReader) {
  EXPECT_EQ(curl("--limit-rate 20M -o /dev/null -w '%{http_code} %{size_download}'", "/api/report"), "200 10000019");
}

TEST_P(MountTest, HeadEndsAfterTheHeaders) {
  EXPECT_THAT(curl("-I", "/api/report"), HasSubstr("content-length: 10000019\r\n"));
}

TEST_P(MountTest, ErrorsAreAnswers) {
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}'", "/nope"), "404");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' -X DELETE", "/metrics"), "405");
}

INSTANTIATE_TEST_SUITE_P(Http, MountTest, ::testing::Values(false, true),
                         [](const auto &version) { return version.param ? "2" : "1"; });

std::string h2load(const std::string &arguments, const Host &host, const std::string &path) {
  return output_of("timeout 20 h2load -c 1 " + arguments + " http://127.0.0.1:" + std::to_string(host.port()) +
                   kMountpoint + path + " 2>&1");
}

// One after the other, 23 at once, and three at once whose bodies are larger than the window.
TEST(Mount, ConnectionServesManyStreams) {
  Site site{{[] { return std::string("up 1\n"); }, [] { return std::string(3'000'017, 'x'); }}};
  const Worker worker(site);
  const Host host(site, true);
  EXPECT_THAT(h2load("-n 23 -m 1", host, "/metrics"), HasSubstr("status codes: 23 2xx"));
  EXPECT_THAT(h2load("-n 101 -m 23", host, "/metrics"), HasSubstr("status codes: 101 2xx"));
  EXPECT_THAT(h2load("-n 7 -m 3", host, "/api/report"), HasSubstr("(21000119) data"));
  EXPECT_TRUE(eventually([&] { return site.open_count() == 0; }));
}

TEST(Mount, KeptAliveConnectionServesManyRequests) {
  Site site{{[] { return std::string("up 1\n"); }, {}}};
  const Worker worker(site);
  const Host host(site, false);
  HttpClient client(host.port());
  for (int i = 0; i < 23; ++i) ASSERT_EQ(client.get("/wsitrace/metrics").body, "up 1\n") << i;
}

// libwebsockets then sends every piece of ours in several parts.
TEST(Mount, HostWithSmallBuffersServesLargeBodies) {
  Site site{{{}, [] { return std::string(1'000'003, 'x'); }}};
  const Worker worker(site);
  for (const bool http2 : {false, true}) {
    const Host host(site, http2, 1024);
    EXPECT_THAT(h2load(http2 ? "-n 2 -m 1" : "--h1 -n 2 -m 1", host, "/api/report"), HasSubstr("(2000006) data"));
  }
}

TEST(Mount, ContextIsDestroyedWhileAResponseIsBeingRendered) {
  std::atomic<bool> hold{true};
  std::atomic<int> rendering{0};
  Site site{{[&] {
               ++rendering;
               while (hold.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
               return std::string("up 1\n");
             },
             {}}};
  const Worker worker(site);
  std::optional<Host> host(std::in_place, site, false);
  HttpClient waits(host->port());
  waits.request("/wsitrace/metrics");
  ASSERT_TRUE(eventually([&] { return rendering.load() == 1; }));
  host.reset();
  hold.store(false);
  EXPECT_EQ(waits.read_reply().status, 0);
  EXPECT_EQ(site.open_count(), 0u);
}

TEST(Mount, ContextComesAndGoesWhileTheSiteStays) {
  Site site{{[] { return std::string("up 1\n"); }, {}}};
  const Worker worker(site);
  for (int i = 0; i < 23; ++i) {
    const Host host(site, false);
    HttpClient client(host.port());
    EXPECT_EQ(client.get("/wsitrace/metrics").body, "up 1\n");
  }
}

}  // namespace
}  // namespace wsitrace
