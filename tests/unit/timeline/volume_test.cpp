// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <set>

#include "agent/lws/callbacks.h"
#include "agent/timeline/timeline.h"
#include "tests/unit/timeline/property_claims.h"
#include "tests/unit/timeline/property_lives.h"
#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

// Instrumented builds are ten times slower; the claim is the same.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kConnections = 100'003;
#else
constexpr int kConnections = 1'000'000;
#endif
constexpr uint8_t kPointers = 12;

// A log of kConnections lives and what carries some of them, woven over kPointers pointers and counted as they end.
class Million : public TimelineObserver {
 public:
  Million() {
    LoomOptions options;
    options.pointers = kPointers;
    options.names_are_numbered = false;
    options.next_plan = [this]() { return next_plan(); };
    options.choose = [this](size_t among) { return random() % among; };
    options.on_woven = [this](const Woven &life) { count(life); };
    listeners = Loom(timeline, options).weave();
  }

  void on_connection_closed(const Connection &connection) override {
    ++closed;
    generations[connection.pointer] = connection.generation;
    transactions += connection.transactions_total;
    bindings += connection.bindings_total;
    sessions += connection.session ? 1 : 0;
    streams += connection.parent && connection.evidence == Evidence::kEvent ? 1 : 0;
    mixed += is_mixed(connection) ? 1 : 0;
  }

  struct Expected {
    uint64_t lives = 0, transactions = 0, bindings = 0, sessions = 0, streams = 0;
  } expected;
  uint64_t closed = 0, transactions = 0, bindings = 0, sessions = 0, streams = 0, mixed = 0;
  uint32_t listeners = 0;
  std::map<uint64_t, uint64_t> generations;  // the last of each pointer
  Timeline timeline{*this};

 private:
  size_t random() {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    return random_ >> 33;
  }

  std::optional<Plan> next_plan() {
    constexpr LifeKind kinds[] = {LifeKind::kFile, LifeKind::kDynamic,  LifeKind::kUpgraded, LifeKind::kWebsocket,
                                  LifeKind::kH2,   LifeKind::kOutbound, LifeKind::kAdopted};
    if (expected.lives + kPointers >= kConnections) return std::nullopt;
    return Plan{kinds[random() % std::size(kinds)], static_cast<uint8_t>(random() % 4),
                static_cast<uint8_t>(random() % 12), 0, 0};
  }

  void count(const Woven &life) {
    ++expected.lives;
    expected.transactions += life.transactions;
    expected.bindings += life.bindings;
    expected.sessions += life.script->session ? 1 : 0;
    expected.streams += life.carrier != 0 && life.transactions > 0 ? 1 : 0;
  }

  // Each path, descriptor and target names the life; one connection has one.
  static bool is_mixed(const Connection &connection) { return lives_in(connection).size() > 1; }

  uint64_t random_ = 7681;
};

TEST(TimelineVolume, AMillionInterleavedConnectionsOverTwelvePointersAreNeverMixed) {
  const Million million;
  EXPECT_GE(million.expected.lives, kConnections - 2u * kPointers);
  EXPECT_EQ(million.closed, million.expected.lives);
  EXPECT_EQ(million.timeline.totals().opened, million.closed + million.listeners);
  EXPECT_EQ(million.transactions, million.expected.transactions);
  EXPECT_EQ(million.bindings, million.expected.bindings);
  EXPECT_EQ(million.sessions, million.expected.sessions);
  EXPECT_EQ(million.streams, million.expected.streams);
  EXPECT_EQ(million.mixed, 0u);
  EXPECT_EQ(million.timeline.totals().stray_events, 0u);
  ASSERT_EQ(million.generations.size(), kPointers);
  uint64_t lives = 0;
  for (const auto &[pointer, generation] : million.generations) lives += generation;
  EXPECT_EQ(lives, million.expected.lives);
}

TEST(TimelineVolume, ThousandsOfOpenConnectionsAreListedByFirstSight) {
  constexpr uint64_t kOpen = 20'011;
  TimelineObserver nobody;
  Timeline timeline(nobody);
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
