// SPDX-License-Identifier: MIT
//
// A GoogleTest program with libwebsockets and wsitrace in it, as a user would write one (wsitrace/gtest.h): a server that serves all
// tests on a thread of its own, and tests some of which leave connections behind.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wsitrace/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace {

lws_protocols protocols[] = {{"http", lws_callback_http_dummy, 0, 0, 0, nullptr, 0}, {}};

class Server : public testing::Environment {
 public:
  void SetUp() override {
    lws_set_log_level(LLL_ERR, nullptr);
    wsitrace_wrap_protocols(protocols);
    lws_context_creation_info info{};
    info.protocols = protocols;
    info.vhost_name = "app";
    info.iface = "127.0.0.1";
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6;
    context_ = lws_create_context(&info);
    ASSERT_NE(context_, nullptr);
    port = lws_get_vhost_listen_port(lws_create_vhost(context_, &info));
    thread_ = std::thread([this] {
      while (!stopping_ && lws_service(context_, 0) >= 0) {
      }
    });
  }
  void TearDown() override {
    stopping_ = true;
    lws_cancel_service(context_);
    thread_.join();
    lws_context_destroy(context_);
    wsitrace_context_destroyed(context_);
  }
  static inline int port = 0;

 private:
  lws_context *context_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// A connection that the server has answered: 404, and the connection stays.
int talked() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(Server::port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  const std::string request = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  char byte = 0;
  EXPECT_EQ(recv(fd, &byte, 1, 0), 1);
  return fd;
}

int left_behind = -1;

TEST(Client, ThatHangsUp) { close(talked()); }

TEST(Client, ThatForgets) { left_behind = talked(); }

TEST(Client, ThatHangsUpForAnother) {
  for (int i = 0; i < 7; ++i) close(talked());
  close(left_behind);
}

}  // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  wsitrace_options options{};
  options.size = sizeof options;
  if (wsitrace_start(&options) != 0) return 2;
  testing::AddGlobalTestEnvironment(new Server);
  testing::UnitTest::GetInstance()->listeners().Append(new wsitrace::LeakListener(300));
  return RUN_ALL_TESTS();
}
