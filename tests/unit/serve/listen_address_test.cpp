// SPDX-License-Identifier: MIT
#include "agent/serve/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "agent/base/fd.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

std::string parsed(std::string_view text) {
  const auto address = ListenAddress::parse(text);
  return address ? address->text() : address.error().line();
}

TEST(ListenAddress, HostDefaultsToLoopback) {
  EXPECT_EQ(parsed("9100"), "127.0.0.1:9100");
  EXPECT_EQ(parsed(":9100"), "127.0.0.1:9100");
  EXPECT_EQ(parsed("localhost:9100"), "127.0.0.1:9100");
}

TEST(ListenAddress, LiteralAddressesStayAsTheyAre) {
  EXPECT_EQ(parsed("0.0.0.0:0"), "0.0.0.0:0");
  EXPECT_EQ(parsed("[::1]:65535"), "[::1]:65535");
  EXPECT_EQ(parsed("[::]:80"), "[::]:80");
}

TEST(ListenAddress, WhatIsNoPortIsRefused) {
  for (const char *text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 80",
                           "127.0.0.1:80x", "[::1]", "localhost:http"}) {
    EXPECT_THAT(parsed(text), HasSubstr("not a port between 0 and 65535")) << text;
  }
}

TEST(ListenAddress, NamesAreRefusedNotResolved) {
  for (const char *text :
       {"example.org:80", "256.0.0.1:80", "1.2.3:80", "[localhost]:80", "[]:80", "[127.0.0.1]:80", "[:80"}) {
    EXPECT_THAT(parsed(text), HasSubstr("not an address of this machine")) << text;
  }
  EXPECT_THAT(parsed("::1:80"), HasSubstr("not an IPv6 address in brackets"));
  EXPECT_EQ(
      parsed("example.org:80"),
      "wsitrace: example.org:80: not an address of this machine (write HOST:PORT, like 127.0.0.1:9100 or [::1]:9100)");
}

TEST(ListenAddress, AddressInUseIsSaidInOneLine) {
  const Fd taken(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof(in);
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr *>(&in), bytes), 0);
  ASSERT_EQ(::listen(taken.get(), 1), 0);
  ::getsockname(taken.get(), reinterpret_cast<sockaddr *>(&in), &bytes);
  const auto probed = ListenAddress{"127.0.0.1", ntohs(in.sin_port), false}.probe();
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().line(), "wsitrace: listen on 127.0.0.1:" + std::to_string(ntohs(in.sin_port)) +
                                       ": Address already in use (choose another port, or 0 for any free one)");
}

// 192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it.
TEST(ListenAddress, AddressOfAnotherMachineIsSaid) {
  const auto probed = ListenAddress{"192.0.2.1", 0, false}.probe();
  ASSERT_FALSE(probed);
  EXPECT_THAT(probed.error().line(), HasSubstr("this machine has no such address"));
}

TEST(ListenAddress, FreeAddressStaysFreeAfterTheProbe) {
  const ListenAddress any{"127.0.0.1", 0, false};
  EXPECT_TRUE(any.probe());
  EXPECT_TRUE(any.probe());
}

}  // namespace
}  // namespace wsitrace
