// SPDX-License-Identifier: MIT
//
// slices_of() on connections made by hand: what a script cannot say, and what no log should.
#include <gtest/gtest.h>

#include "agent/export/perfetto/slices.h"
#include "agent/export/perfetto/utf8.h"

namespace wsitrace::test {
namespace {

Connection closed(Ns opened_ns, Ns closed_ns) {
  Connection connection;
  connection.id = 7;
  connection.cls = ConnectionClass::kClient;
  connection.origin = Origin::kOutbound;
  connection.opened_ns = opened_ns;
  connection.closed_ns = closed_ns;
  connection.state = State::kClosed;
  connection.close.emplace();
  return connection;
}

const Slice *find(const SliceList &list, std::string_view name) {
  for (const Slice &slice : list.slices)
    if (slice.name == name) return &slice;
  return nullptr;
}

TEST(Slices, HandshakeFollowsTheConnect) {
  Connection connection = closed(100, 900);
  connection.target = "example.net:443";
  connection.connected_ns = 300;
  connection.tls.emplace();
  connection.tls->handshake_ns = 50;
  connection.tls->version = "TLSv1.3";
  const SliceList list = slices_of(connection);
  ASSERT_NE(find(list, "connecting"), nullptr);
  EXPECT_EQ(find(list, "connecting")->end_ns, 300u);
  ASSERT_NE(find(list, "TLS handshake"), nullptr);
  EXPECT_EQ(find(list, "TLS handshake")->begin_ns, 300u);
  EXPECT_EQ(find(list, "TLS handshake")->end_ns, 350u);
  EXPECT_EQ(list.tracks[0].name, "#7 client outbound example.net:443");
}

TEST(Slices, HandshakeOfAnAcceptedOneBeginsAtFirstSight) {
  Connection connection = closed(100, 900);
  connection.origin = Origin::kAccepted;
  connection.tls.emplace();
  connection.tls->handshake_ns = 50;
  EXPECT_EQ(find(slices_of(connection), "TLS handshake")->begin_ns, 100u);
  connection.opened_seen = false;
  EXPECT_EQ(find(slices_of(connection), "TLS handshake"), nullptr);
}

TEST(Slices, FailedHandshakeLastsToTheEnd) {
  Connection connection = closed(100, 900);
  connection.origin = Origin::kAccepted;
  connection.tls.emplace();
  connection.tls->failure = "http request";
  EXPECT_EQ(find(slices_of(connection), "TLS handshake failed")->end_ns, 900u);
}

TEST(Slices, ConnectThatNobodyServesIsStillOpen) {
  Connection connection;
  connection.origin = Origin::kOutbound;
  const SliceList list = slices_of(connection);
  ASSERT_NE(find(list, "connecting, still open"), nullptr);
  EXPECT_FALSE(find(list, "connecting, still open")->end_ns);
}

TEST(Slices, FailedConnectLastsToTheEnd) {
  Connection connection = closed(100, 900);
  connection.close->reason = CloseReason::kConnectFailed;
  EXPECT_EQ(find(slices_of(connection), "connecting")->end_ns, 900u);
}

TEST(Slices, TransactionThatIsOpenIsMovedWhenSomethingFollows) {
  Connection connection = closed(100, 900);
  connection.state = State::kActive;
  connection.close.reset();
  connection.transactions = {Transaction{.index = 1, .requested_ns = 200, .handled_ns = 250}};
  connection.session = Session{.protocol = "echo", .established_ns = 230};
  const SliceList list = slices_of(connection);
  EXPECT_EQ(find(list, "transaction 1, still open")->end_ns, 250u);
  EXPECT_EQ(find(list, "websocket echo, still open")->begin_ns, 250u);
}

void expect_nested(const SliceList &list) {
  std::vector<const Slice *> around;
  for (const Slice &slice : list.slices) {
    ASSERT_LE(slice.depth, around.size());
    if (slice.end_ns) EXPECT_LE(slice.begin_ns, *slice.end_ns);
    const Slice *beside = slice.depth < around.size() ? around[slice.depth] : nullptr;
    if (beside != nullptr && beside->track == slice.track) {
      ASSERT_TRUE(beside->end_ns) << beside->name << ", then " << slice.name;
      EXPECT_LE(*beside->end_ns, slice.begin_ns);
    }
    around.resize(slice.depth);
    if (!around.empty()) {
      const Slice &outer = *around.back();
      ASSERT_EQ(outer.track, slice.track);
      EXPECT_LE(outer.begin_ns, slice.begin_ns);
      if (outer.end_ns)
        EXPECT_LE(slice.end_ns.value_or(UINT64_MAX), *outer.end_ns) << slice.name << " in " << outer.name;
    }
    around.push_back(&slice);
  }
}

TEST(Slices, AnyTimesAreDrawnNested) {
  uint32_t random = 1;
  const auto some = [&random](uint32_t below) {
    random = random * 1664525u + 1013904223u;
    return (random >> 8) % below;
  };
  const auto maybe = [&]() -> OptionalNs { return some(3) == 0 ? std::nullopt : OptionalNs(some(41)); };
  for (int i = 0; i < 20'011; ++i) {
    Connection connection = closed(some(41), some(41));
    if (some(3) == 0) connection.closed_ns.reset();
    if (some(3) == 0) {
      connection.state = State::kIdle;
      connection.close.reset();
    }
    connection.connected_ns = maybe();
    connection.tls.emplace();
    connection.tls->handshake_ns = maybe();
    for (uint32_t t = 0, count = some(5); t < count; ++t) {
      const Outcome outcome = some(2) == 0 ? Outcome::kCompleted : Outcome::kOpen;
      connection.transactions.push_back({.index = t + 1 + some(2) * t,
                                         .requested_ns = some(41),
                                         .handled_ns = maybe(),
                                         .responded_ns = maybe(),
                                         .completed_ns = maybe(),
                                         .outcome = outcome});
      connection.bindings.push_back({"p", some(41), maybe(), "x"});
    }
    connection.bindings_total = connection.bindings.size();
    if (some(2) == 0)
      connection.session = Session{.protocol = "echo", .established_ns = some(41), .closed_ns = maybe()};
    expect_nested(slices_of(connection));
    if (testing::Test::HasFailure()) break;
  }
}

TEST(Utf8, WhatIsNoCharacterIsReplacedByteByByte) {
  EXPECT_EQ(utf8("plain /caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "plain /caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(utf8("a\xff"
                 "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(utf8("\xc3"), "\xef\xbf\xbd");
  EXPECT_EQ(utf8("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(utf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(utf8("\xf4\x90\x80\x80").size(), 12u);
}

}  // namespace
}  // namespace wsitrace::test
