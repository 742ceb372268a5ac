// SPDX-License-Identifier: MIT
#include "agent/probe/connect_info.h"

#include <gtest/gtest.h>

namespace wsitrace::test {
namespace {

const auto *const kNowhere = reinterpret_cast<const char *>(0x5a5a5a5a5a5a5a5aULL);

TEST(ConnectInfo, OfZerosPointsNowhereWrong) {
  const lws_client_connect_info info{};
  EXPECT_STREQ(members_to_nowhere(info), "");
}

TEST(ConnectInfo, MembersThatPointToMemoryAreNotNamed) {
  lws_client_connect_info info{};
  char on_stack[] = "127.0.0.1";
  info.address = info.host = on_stack;
  info.path = "/order";
  EXPECT_STREQ(members_to_nowhere(info), "");
}

TEST(ConnectInfo, MembersThatPointToNoMemoryAreNamedInTheirOrder) {
  lws_client_connect_info info{};
  info.address = "127.0.0.1";
  info.iface = kNowhere;
  info.method = reinterpret_cast<const char *>(8);
  EXPECT_STREQ(members_to_nowhere(info), "method, iface");
}

TEST(ConnectInfo, AllMembersToNowhereFitIntoTheNames) {
  lws_client_connect_info info{};
  info.context = const_cast<lws_context *>(reinterpret_cast<const lws_context *>(kNowhere));
  info.address = info.path = info.host = info.origin = info.protocol = info.method = info.iface = kNowhere;
  info.parent_wsi = const_cast<lws *>(reinterpret_cast<const lws *>(kNowhere));
  info.vhost = const_cast<lws_vhost *>(reinterpret_cast<const lws_vhost *>(kNowhere));
  info.pwsi = const_cast<lws **>(reinterpret_cast<lws *const *>(kNowhere));
  info.local_protocol_name = info.alpn = kNowhere;
  info.retry_and_idle_policy = reinterpret_cast<const lws_retry_bo_t *>(kNowhere);
  EXPECT_STREQ(members_to_nowhere(info),
               "context, address, path, host, origin, protocol, method, parent_wsi, vhost, pwsi, iface, "
               "local_protocol_name, alpn, retry_and_idle_policy");
}

}  // namespace
}  // namespace wsitrace::test
