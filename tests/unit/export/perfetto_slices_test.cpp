// SPDX-License-Identifier: MIT
//
// slices_of() on connections made by hand: what a script cannot say, and what no log should.
#include <gtest/gtest.h>

#include "agent/base/utf8.h"
#include "agent/export/perfetto/slices.h"

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
  Transaction &transaction = connection.transactions.emplace_back();
  transaction.index = 1;
  transaction.requested_ns = 200;
  transaction.handled_ns = 250;
  connection.session.emplace();
  connection.session->protocol = "echo";
  connection.session->established_ns = 230;
  const SliceList list = slices_of(connection);
  EXPECT_EQ(find(list, "transaction 1, still open")->end_ns, 250u);
  EXPECT_EQ(find(list, "websocket echo, still open")->begin_ns, 250u);
}

void expect_after(const Slice &beside, const Slice &slice) {
  ASSERT_TRUE(beside.end_ns) << beside.name << ", then " << slice.name;
  EXPECT_LE(*beside.end_ns, slice.begin_ns);
}

void expect_within(const Slice &around, const Slice &slice) {
  EXPECT_EQ(around.track, slice.track);
  EXPECT_LE(around.begin_ns, slice.begin_ns);
  EXPECT_LE(slice.end_ns.value_or(UINT64_MAX), around.end_ns.value_or(UINT64_MAX)) << slice.name;
}

void expect_nested(const SliceList &list) {
  std::vector<const Slice *> path;
  for (const Slice &slice : list.slices) {
    ASSERT_LE(slice.depth, path.size());
    EXPECT_LE(slice.begin_ns, slice.end_ns.value_or(UINT64_MAX));
    const Slice *beside = slice.depth < path.size() ? path[slice.depth] : nullptr;
    if (beside != nullptr && beside->track == slice.track) expect_after(*beside, slice);
    path.resize(slice.depth);
    if (!path.empty()) expect_within(*path.back(), slice);
    path.push_back(&slice);
  }
}

// Small numbers, so that times are often equal or the wrong way round.
class AnyConnection {
 public:
  Connection next() {
    Connection connection = closed(some(41), some(41));
    if (some(3) == 0) connection.closed_ns.reset();
    if (some(3) == 0) {
      connection.state = State::kIdle;
      connection.close.reset();
    }
    connection.connected_ns = maybe();
    connection.tls.emplace();
    connection.tls->handshake_ns = maybe();
    for (uint32_t count = some(5); count > 0; --count) add_transaction(connection);
    connection.bindings_total = connection.bindings.size();
    if (some(2) == 0) {
      connection.session.emplace();
      connection.session->established_ns = some(41);
      connection.session->closed_ns = maybe();
    }
    return connection;
  }

 private:
  uint32_t some(uint32_t below) {
    random_ = random_ * 1664525u + 1013904223u;
    return (random_ >> 8) % below;
  }
  OptionalNs maybe() { return some(3) == 0 ? std::nullopt : OptionalNs(some(41)); }

  void add_transaction(Connection &connection) {
    const uint32_t before = connection.transactions.empty() ? 0 : connection.transactions.back().index;
    Transaction &transaction = connection.transactions.emplace_back();
    transaction.index = before + 1 + some(2);
    transaction.requested_ns = some(41);
    transaction.handled_ns = maybe();
    transaction.responded_ns = maybe();
    transaction.completed_ns = maybe();
    transaction.outcome = some(2) == 0 ? Outcome::kCompleted : Outcome::kOpen;
    connection.bindings.push_back({"p", some(41), maybe(), "x"});
  }

  uint32_t random_ = 1;
};

TEST(Slices, AnyTimesAreDrawnNested) {
  AnyConnection any;
  for (int i = 0; i < 20'011 && !testing::Test::HasFailure(); ++i) expect_nested(slices_of(any.next()));
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
