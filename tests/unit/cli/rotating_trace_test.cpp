// SPDX-License-Identifier: MIT
#include "agent/cli/agent/rotating_trace.h"

#include "agent/base/clock.h"
#include "agent/collect/read_log.h"
#include "tests/unit/cli/agent_fixture.h"

namespace wsitrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr uint64_t kSession = 23;

// What a trace says, read back.
struct ReadBack final : LogSink {
  void on_process(const ProcessFacts &facts) override { process = facts; }
  void on_string(uint16_t id, std::string_view text) override { strings.emplace_back(id, text); }
  void on_event(const Event &, std::span<const std::byte>) override { ++events; }
  void on_loss(const Loss &now) override { loss = now; }
  void on_end(const End &how) override { end = how; }

  ProcessFacts process;
  std::vector<std::pair<uint16_t, std::string>> strings;
  size_t events = 0;
  Loss loss;
  End end;
};

class RotatingTraceTest : public AgentTest {
 protected:
  TraceShelf shelf(const TraceLimits &limits = {}) { return *TraceShelf::open(directory_, limits, remember()); }
  void begin(RotatingTrace &trace) const {
    trace.on_process(process(4711));
    trace.on_string(1, "default");
  }
  std::vector<ReadBack> traces() const {
    std::vector<ReadBack> all;
    for (const std::string &name : files()) {
      ReadBack &one = all.emplace_back();
      EXPECT_TRUE(read_log(path(name), one)) << name;
    }
    return all;
  }
};

TEST_F(RotatingTraceTest, ProcessWithoutEventsLeavesNoTrace) {
  TraceShelf all = shelf();
  RotatingTrace trace(all, kSession);
  begin(trace);
  trace.on_end({"exit", 0, 5});
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_TRUE(trace.ended());
}

TEST_F(RotatingTraceTest, TraceOfItsSizeIsClosedAndTheNextHoldsFactsStringsAndItsOwnLoss) {
  TraceShelf all = shelf({.max_bytes = 1000});
  RotatingTrace trace(all, kSession);
  begin(trace);
  tell_events(trace, 101);
  trace.on_loss({101, 7, {{"ring_full", 7}}});
  trace.turn(monotonic_ns());
  tell_events(trace, 13);
  trace.on_loss({114, 10, {{"ring_full", 10}}});
  trace.on_end({"exit", 0, 5});
  auto told = traces();
  ASSERT_THAT(told, SizeIs(2));
  if (told[0].end.kind == "exit") std::swap(told[0], told[1]);
  EXPECT_EQ(told[0].end.kind, "detached");
  EXPECT_EQ(told[1].end.kind, "exit");
  EXPECT_EQ(told[0].events, 101u);
  EXPECT_EQ(told[1].events, 13u);
  EXPECT_EQ(told[1].loss.recorded, 13u);
  EXPECT_THAT(told[1].loss.by_cause, ElementsAre(Pair("ring_full", 3u)));
  EXPECT_EQ(told[1].process.pid, 4711u);
  EXPECT_THAT(told[1].strings, ElementsAre(Pair(1, "default")));
}

TEST_F(RotatingTraceTest, TraceOfItsAgeIsClosed) {
  TraceShelf all = shelf({.max_age_s = 3});
  RotatingTrace trace(all, kSession);
  begin(trace);
  tell_events(trace, 5);
  trace.turn(monotonic_ns() + 2'000'000'000);
  EXPECT_EQ(traces().at(0).end.kind, "unknown");  // is still being written
  trace.turn(monotonic_ns() + 3'000'000'000);
  EXPECT_EQ(traces().at(0).end.kind, "detached");
}

TEST_F(RotatingTraceTest, TheEndIsToldEvenWhenNothingHappenedSinceTheLastTrace) {
  TraceShelf all = shelf({.max_bytes = 1});
  RotatingTrace trace(all, kSession);
  begin(trace);
  tell_events(trace, 5);
  trace.turn(monotonic_ns());
  EXPECT_THAT(files(), SizeIs(1));
  trace.on_end({"unknown", std::nullopt, std::nullopt});
  EXPECT_THAT(files(), SizeIs(2));
}

TEST_F(RotatingTraceTest, EventsThatFindNoDirectoryAreToldAsLostOnceAndTriedAgain) {
  TraceShelf all = shelf();
  std::filesystem::remove(directory_);
  RotatingTrace trace(all, kSession);
  begin(trace);
  tell_events(trace, 11);
  EXPECT_THAT(errors_, SizeIs(1));
  EXPECT_THAT(errors_[0], HasSubstr("No such file"));
  std::filesystem::create_directory(directory_);
  tell_events(trace, 3);
  EXPECT_THAT(files(), IsEmpty());  // not before kRetryNs have passed
}

TEST_F(RotatingTraceTest, DirectoryThatWasMadeAnewIsUsed) {
  TraceShelf all = shelf();
  std::filesystem::remove(directory_);
  std::filesystem::create_directory(directory_);
  RotatingTrace trace(all, kSession);
  begin(trace);
  tell_events(trace, 11);
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(RotatingTraceTest, TraceIsMadeInTheDirectoryThatWasOpenedNotWhereItsNameLeads) {
  TraceShelf all = shelf();
  const std::string away = directory_ + "-away", trap = directory_ + "-trap";
  std::filesystem::rename(directory_, away);
  std::filesystem::create_directory(trap);
  std::filesystem::create_directory_symlink(trap, directory_);
  RotatingTrace trace(all, kSession);
  begin(trace);
  tell_events(trace, 11);
  EXPECT_TRUE(std::filesystem::is_empty(trap));
  EXPECT_FALSE(std::filesystem::is_empty(away));
  std::filesystem::remove_all(trap);
  std::filesystem::remove(directory_);
  std::filesystem::rename(away, directory_);
}

TEST(LossSince, IsTheDifferenceOfEachCause) {
  const Loss before{10, 3, {{"ring_full", 3}}};
  const Loss now{17, 8, {{"ring_full", 3}, {"damaged", 5}}};
  const Loss since = loss_since(before, now);
  EXPECT_EQ(since.recorded, 7u);
  EXPECT_EQ(since.lost, 5u);
  EXPECT_THAT(since.by_cause, ElementsAre(Pair("damaged", 5u)));
}

}  // namespace
}  // namespace wsitrace
