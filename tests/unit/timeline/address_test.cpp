// SPDX-License-Identifier: MIT
#include "agent/timeline/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace wsitrace::test {
namespace {

template <typename Address>
std::span<const std::byte> bytes_of(const Address &address, size_t length = sizeof(Address)) {
  return std::as_bytes(std::span(&address, 1)).first(length);
}

std::string inet6(const char *text, uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  EXPECT_EQ(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return address_text(bytes_of(address));
}

TEST(Address, InetIsHostAndPort) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(65535);
  address.sin_addr.s_addr = htonl(0xfffefd00);
  EXPECT_EQ(address_text(bytes_of(address)), "255.254.253.0:65535");
}

TEST(Address, Inet6IsWrittenAsTheLibraryWritesIt) {
  for (const char *text : {"::", "::1", "1::", "2001:db8::1", "fe80::1:0:0:2", "1:0:2:0:3:0:4:0", "::fffe:10.0.0.1",
                           "1:2:3:4:5:6:7:8", "1:0:0:2:0:0:0:3", "0:0:0:1::", "abcd:ef01::7:0:0:0"}) {
    in6_addr address{};
    char expected[INET6_ADDRSTRLEN];
    ASSERT_EQ(inet_pton(AF_INET6, text, &address), 1);
    inet_ntop(AF_INET6, &address, expected, sizeof expected);
    EXPECT_EQ(inet6(text, 443), "[" + std::string(expected) + "]:443");
  }
}

TEST(Address, InetMappedIntoInet6IsWrittenAsInet) {
  EXPECT_EQ(inet6("::ffff:10.0.0.1", 40022), "10.0.0.1:40022");
  EXPECT_EQ(inet6("::ffff:0.0.0.0", 1), "0.0.0.0:1");
}

TEST(Address, UnixIsItsPath) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "/run/x.sock");
  const size_t path = offsetof(sockaddr_un, sun_path);
  EXPECT_EQ(address_text(bytes_of(address, path + 12)), "unix:/run/x.sock");
  EXPECT_EQ(address_text(bytes_of(address, path)), "unix:");
  std::memcpy(address.sun_path, "\0abc", 4);
  EXPECT_EQ(address_text(bytes_of(address, path + 4)), "unix:@abc");
}

TEST(Address, WhatIsNoneIsEmpty) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  for (const size_t length : {0u, 1u, 2u, 23u}) EXPECT_EQ(address_text(bytes_of(address, length)), "") << length;
  address.sin6_family = 77;
  EXPECT_EQ(address_text(bytes_of(address)), "");
}

}  // namespace
}  // namespace wsitrace::test
