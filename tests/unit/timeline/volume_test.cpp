// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <set>

#include "agent/timeline/timeline.h"
#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

constexpr uint64_t kConnections = 1'000'000;
constexpr uint64_t kPointers = 12;

// Counts, and keeps the last generation of each pointer.
struct Counter : TimelineObserver {
  void on_connection_closed(const Connection &connection) override {
    ++closed;
    in_order &= connection.id == closed;
    generations[connection.pointer] = connection.generation;
    transactions += connection.transactions.size();
  }
  uint64_t closed = 0, transactions = 0;
  bool in_order = true;
  std::map<uint64_t, uint32_t> generations;
};

TEST(TimelineVolume, AMillionConnectionsOverTwelvePointersStayApart) {
  Counter counter;
  Timeline timeline(counter);
  timeline.on_string(1, "p0");
  timeline.on_string(2, "__lws_close_free_wsi");
  Event event{};
  const auto say = [&](uint16_t kind, uint64_t wsi) {
    event.kind = kind;
    event.wsi = wsi;
    event.time_ns += 100;
    event.text = kind == k_HTTP_DROP_PROTOCOL ? 2 : kNoString;
    event.protocol = 1;
    timeline.on_event(event, {});
  };
  for (uint64_t i = 0; i < kConnections; ++i) {
    const uint64_t wsi = 0x1000 + (i * 7 % kPointers) * 0x240;
    for (const uint16_t kind : {k_WSI_CREATE, k_SERVER_NEW_CLIENT_INSTANTIATED, k_FILTER_HTTP_CONNECTION,
                                k_HTTP_FILE_COMPLETION, k_HTTP_BIND_PROTOCOL, k_HTTP_DROP_PROTOCOL, k_WSI_DESTROY})
      say(kind, wsi);
  }
  EXPECT_EQ(counter.closed, kConnections);
  EXPECT_EQ(counter.transactions, kConnections);
  EXPECT_TRUE(counter.in_order);
  ASSERT_EQ(counter.generations.size(), kPointers);
  uint64_t lives = 0;
  for (const auto &[pointer, generation] : counter.generations) lives += generation;
  EXPECT_EQ(lives, kConnections);
  EXPECT_EQ(timeline.totals().binds, kConnections);
  EXPECT_EQ(timeline.totals().drops, kConnections);
}

TEST(TimelineVolume, ThousandsOfOpenConnectionsAreListedByFirstSight) {
  constexpr uint64_t kOpen = 20'011;
  Counter counter;
  Timeline timeline(counter);
  Event event{};
  event.kind = k_WSI_CREATE;
  for (uint64_t i = 0; i < kOpen; ++i) {
    event.wsi = (i * 7919 % kOpen + 1) * 16;
    timeline.on_event(event, {});
  }
  uint64_t seen = 0;
  timeline.for_each_open([&](const Connection &connection) { EXPECT_EQ(connection.id, ++seen); });
  EXPECT_EQ(seen, kOpen);
}

TEST(TimelineVolume, NamesOutsideOfTheTableAreBounded) {
  Recorder recorder;
  Timeline timeline(recorder);
  Event event{};
  event.wsi = 16;
  for (int i = 0; i < 1009; ++i) {
    std::vector<std::byte> items;
    add_item(items, kItemMethod, "METHOD" + std::to_string(i));
    event.kind = k_FILTER_HTTP_CONNECTION;
    timeline.on_event(event, items);
  }
  event.kind = k_WSI_DESTROY;
  timeline.on_event(event, {});
  std::set<std::string_view> methods;
  for (const Transaction &transaction : recorder.closed.at(0).transactions) methods.insert(transaction.method);
  EXPECT_LE(methods.size(), 65u);
  EXPECT_EQ(recorder.closed[0].transactions.back().method, "overflow");
}

TEST(TimelineVolume, SameLogTwiceTellsTheSame) {
  const char *log =
      "ACCEPT FH('/a') st=200 FFC BIND txnc=0 B:CBIND B:NEW=3 B:CREATE C:CREATE C:FH('/s')<A C:DEST "
      "CONFIRM('/w') DROP('ws upg pcol') BIND[echo] FILTER[echo] EST[echo] B:CCE('x') B:DEST";
  Recorder once, twice;
  Timeline first(once), second(twice);
  Script(first, Form::kPreload).play(log);
  Script(second, Form::kPreload).play(log);
  EXPECT_EQ(once.said, twice.said);
  EXPECT_GT(once.said.size(), 15u);
}

}  // namespace
}  // namespace wsitrace::test
