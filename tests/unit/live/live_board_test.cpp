// SPDX-License-Identifier: MIT
#include "agent/export/live/live_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <tuple>

#include "../timeline/script.h"
#include "agent/lws/callbacks.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char *kRequest =
    "FH('/a') st=200 FFC txnc BIND DROP[dyn1]('lws_http_transaction_completed') "
    "close('server socket svc fail') DROP('__lws_close_free_wsi') CLOSED_HTTP DEST";

ProcessFacts facts_of(uint32_t pid) {
  ProcessFacts facts;
  facts.pid = pid;
  facts.program = "prog" + std::to_string(pid);
  facts.started_mono_ns = Script::kStartNs;
  facts.started_real_ns = 1'700'000'000'000'000'000;
  return facts;
}

// A process on a board; play() is the language of script.h.
class Process {
 public:
  Process(LiveBoard &board, uint32_t pid) : log_(board.listener()), script_(*log_, Form::kPreload) {
    log_->on_process(facts_of(pid));
  }
  Process &play(std::string_view words) {
    script_.play(words);
    return *this;
  }
  LiveProcess &log() { return *log_; }
  void end(const std::string &kind) { script_.end(kind); }

 private:
  std::shared_ptr<LiveProcess> log_;
  Script script_;
};

constexpr Ns kNow = Script::kStartNs + 1'000'000'000;

class LiveBoardTest : public ::testing::Test {
 protected:
  [[nodiscard]] Json page(const ConnectionQuery &query = {}) const {
    return Json::parse(board_.connections(query, kNow));
  }
  static std::vector<std::string> keys(const Json &rows) {
    std::vector<std::string> out;
    for (const Json &row : rows) out.push_back(row["key"]);
    return out;
  }
  [[nodiscard]] std::vector<std::string> page_keys(const ConnectionQuery &query = {}) const {
    return keys(page(query)["connections"]);
  }

  LiveBoard board_{{.ended = 3, .ended_processes = 2}};
};

// Whoever asks meanwhile waits; whoever tells it, also through what hears the same log, does not.
TEST_F(LiveBoardTest, BatchIsSeenWholeByThoseWhoAskMeanwhile) {
  Process process(board_, 7);
  process.log().on_batch_begun();
  process.play("A:CBIND");
  std::thread asking([this] { EXPECT_THAT(page_keys(), ElementsAre("7/1", "7/3", "7/2")); });
  process.play("B:CBIND C:CBIND B:DEST");
  process.log().on_batch_ended();
  asking.join();
}

TEST_F(LiveBoardTest, EndOfABatchThatDidNotBeginIsNothing) {
  Process process(board_, 7);
  process.log().on_batch_ended();
  process.play("A:CBIND");
  EXPECT_THAT(page_keys(), ElementsAre("7/1"));
}

TEST_F(LiveBoardTest, OpenOnesComeFirstOldestFirst) {
  Process(board_, 7).play("A:CBIND B:CBIND C:CBIND D:CBIND B:DEST A:DEST");
  EXPECT_THAT(page_keys(), ElementsAre("7/3", "7/4", "7/1", "7/2"));
}

TEST_F(LiveBoardTest, RowsOfAllProcessesAreOneList) {
  Process one(board_, 7), other(board_, 11);
  one.play("A:CBIND");
  other.play("+5ms A:CBIND");
  one.play("+7ms B:CBIND");
  EXPECT_THAT(page_keys(), ElementsAre("7/1", "11/1", "7/2"));
  EXPECT_EQ(page()["processes"].size(), 2u);
  EXPECT_EQ(page()["processes"][1]["program"], "prog11");
  EXPECT_EQ(page()["now_ns"], 1'000'000'000);
}

TEST_F(LiveBoardTest, PagesFollowEachOtherWithoutGapOrRepetition) {
  Process(board_, 7).play("A:CBIND B:CBIND C:CBIND D:CBIND E:CBIND F:CBIND G:CBIND C:DEST");
  const std::vector<std::string> all = page_keys();
  ASSERT_EQ(all.size(), 7u);
  std::vector<std::string> pages;
  for (size_t offset = 0; offset < 9; offset += 2) {
    ConnectionQuery query;
    query.offset = offset;
    query.limit = 2;
    for (const std::string &key : page_keys(query)) pages.push_back(key);
    EXPECT_EQ(page(query)["total"], 7);
  }
  EXPECT_EQ(pages, all);
}

TEST_F(LiveBoardTest, FiltersAndSortsAreHeeded) {
  Process(board_, 7).play(std::string("L:FNET=5 ACCEPT ") + kRequest + " B:CBIND");
  ConnectionQuery closed;
  closed.state = State::kClosed;
  EXPECT_EQ(page(closed)["total"], 1);
  EXPECT_EQ(page(closed)["connections"][0]["path"], "/a");
  EXPECT_EQ(page(closed)["connections"][0]["transactions"], 1);
  ConnectionQuery listener;
  listener.cls = ConnectionClass::kListener;
  EXPECT_EQ(page(listener)["total"], 1);
  ConnectionQuery nobody;
  nobody.vhost = "nobody's";
  EXPECT_EQ(page(nobody)["total"], 0);
}

TEST_F(LiveBoardTest, OneConnectionIsWholeWhileItIsKnown) {
  Process process(board_, 7);
  process.play("A:CBIND B:CBIND A:DEST");
  EXPECT_EQ(Json::parse(*board_.connection(7, 1))["state"], "closed");
  EXPECT_EQ(Json::parse(*board_.connection(7, 2))["id"], 2);
  EXPECT_FALSE(board_.connection(7, 3));
  EXPECT_FALSE(board_.connection(8, 1));
  process.play("C:CBIND C:DEST D:CBIND D:DEST E:CBIND E:DEST");  // three are kept
  EXPECT_FALSE(board_.connection(7, 1));
}

TEST_F(LiveBoardTest, FollowerHearsEachChangeOnce) {
  Process process(board_, 7);
  process.play("A:CBIND B:CBIND");
  const LiveMessage hello = board_.hello(kNow);
  EXPECT_THAT(keys(Json::parse(hello.text)["rows"]), ElementsAre("7/1", "7/2"));
  process.play("C:CBIND A:DEST");
  const LiveMessage first = board_.changes(hello.position, kNow);
  EXPECT_THAT(keys(Json::parse(first.text)["rows"]), ElementsAre("7/3", "7/1"));
  EXPECT_TRUE(first.tells);
  const LiveMessage second = board_.changes(first.position, kNow);
  EXPECT_THAT(Json::parse(second.text)["rows"], IsEmpty());
  EXPECT_FALSE(second.tells);
  EXPECT_EQ(second.position, first.position);
}

TEST_F(LiveBoardTest, FollowerHearsWhatIsKeptNoMore) {
  Process process(board_, 7);
  process.play("A:CBIND A:DEST B:CBIND B:DEST C:CBIND C:DEST");
  const LiveMessage hello = board_.hello(kNow);
  process.play("D:CBIND D:DEST E:CBIND E:DEST");
  const Json changes = Json::parse(board_.changes(hello.position, kNow).text);
  EXPECT_THAT(keys(changes["rows"]), ElementsAre("7/4", "7/5"));
  EXPECT_THAT(changes["gone"].get<std::vector<std::string>>(), ElementsAre("7/1", "7/2"));
}

TEST_F(LiveBoardTest, FollowerWhoIsFarBehindIsToldEverythingAnew) {
  Process process(board_, 7);
  process.play("Z:CBIND");
  const LiveMessage hello = board_.hello(kNow);
  for (size_t i = 0; i < RowTable::kKeptGone + 4; ++i) process.play("A:CBIND A:DEST");
  const Json told = Json::parse(board_.changes(hello.position, kNow).text);
  EXPECT_EQ(told["type"], "hello");
  EXPECT_EQ(told["rows"].size(), 4u);
}

TEST_F(LiveBoardTest, TotalsAreTheSumsOfTheProcesses) {
  Process one(board_, 7), other(board_, 11);
  one.play("A:CBIND A:DEST B:CBIND");
  other.play(std::string("ACCEPT ") + kRequest + " C:CBIND");
  const Json totals = Json::parse(board_.hello(kNow).text)["totals"];
  EXPECT_EQ(totals["transactions"], 1);
  EXPECT_EQ(totals["closed"], 2);
  EXPECT_EQ(totals["open"].get<int>(), totals["opened"].get<int>() - 2);
}

TEST_F(LiveBoardTest, TotalsCountConnectionsListenersAndStreamsApart) {
  Process one(board_, 7), other(board_, 11);
  one.play("ACCEPT C:ACCEPT DEST");
  other.play("B:CREATE B:NEW=50 A:CREATE A:FH('/s')<B");
  Json totals = Json::parse(board_.hello(kNow).text)["totals"];
  EXPECT_EQ(totals["connections"], 3);
  EXPECT_EQ(totals["connections_open"], 2);
  EXPECT_EQ(totals["streams"], 1);
  EXPECT_EQ(totals["listeners"], 1);
  one.end("killed");
  totals = Json::parse(board_.hello(kNow).text)["totals"];
  EXPECT_EQ(totals["connections"], 3);
  EXPECT_EQ(totals["connections_open"], 1);
}

TEST_F(LiveBoardTest, WhatWasOpenWhenItsProcessEndedIsOpenNoMore) {
  Process one(board_, 7), other(board_, 11);
  one.play("A:CBIND");
  other.play("+5ms A:CBIND");
  one.end("killed");
  EXPECT_THAT(page_keys(), ElementsAre("11/1", "7/1"));
  const Json hello = Json::parse(board_.hello(kNow).text);
  EXPECT_THAT(keys(hello["rows"]), ElementsAre("11/1"));
  EXPECT_EQ(hello["totals"]["open"], 1);
  EXPECT_EQ(hello["processes"][0]["ended"], "killed");
}

TEST_F(LiveBoardTest, PidThatComesAgainIsAnotherProcess) {
  Process before(board_, 7);
  before.play("A:CBIND B:CBIND C:CBIND C:DEST");
  const LiveMessage hello = board_.hello(kNow);
  before.end("exec");
  Process after(board_, 7);
  after.play("A:CBIND");
  EXPECT_THAT(page_keys(), ElementsAre("7/1"));
  before.play("D:CBIND A:DEST");  // to no avail
  EXPECT_THAT(page_keys(), ElementsAre("7/1"));
  const Json changes = Json::parse(board_.changes(hello.position, kNow).text);
  EXPECT_THAT(keys(changes["rows"]), ElementsAre("7/1"));
  EXPECT_EQ(changes["gone"].size(), 2u) << "7/1 is there again: " << changes["gone"];
}

TEST_F(LiveBoardTest, EndedProcessesAreLimited) {
  for (uint32_t pid = 1; pid <= 5; ++pid) {
    Process process(board_, pid);
    process.play("A:CBIND B:CBIND B:DEST");
    process.end("exit");
  }
  EXPECT_EQ(page()["processes"].size(), 2u);
  EXPECT_THAT(page_keys(), ElementsAre("4/1", "5/1", "4/2", "5/2"));
}

TEST_F(LiveBoardTest, BoardThatKeepsNothingTellsTheEndAsGone) {
  LiveBoard board{{.ended = 0}};
  Process process(board, 7);
  process.play("A:CBIND");
  const LiveMessage hello = board.hello(kNow);
  process.play("A:DEST");
  const Json changes = Json::parse(board.changes(hello.position, kNow).text);
  EXPECT_THAT(changes["rows"], IsEmpty());
  EXPECT_THAT(changes["gone"].get<std::vector<std::string>>(), ElementsAre("7/1"));
}

TEST_F(LiveBoardTest, ReportIsThatOfTheProcessAlone) {
  Process one(board_, 7), other(board_, 11);
  one.play("A:CBIND B:CBIND A:DEST");
  other.play("A:CBIND B:CBIND C:CBIND");
  const Json report = Json::parse(one.log().report());
  EXPECT_EQ(report["process"]["pid"], 7);
  ASSERT_EQ(report["connections"].size(), 2u);
  EXPECT_EQ(report["connections"][0]["id"], 1) << "ended ones first";
}

TEST_F(LiveBoardTest, ReportHasWhatIsKeptAndWhatIsOpen) {
  Process process(board_, 7);
  process.play("A:CBIND B:CBIND C:CBIND D:CBIND E:CBIND A:DEST B:DEST C:DEST D:DEST");
  const Json report = Json::parse(process.log().report());
  std::string ids;
  for (const Json &connection : report["connections"]) ids += connection["id"].dump();
  EXPECT_EQ(ids, "2345");
  EXPECT_EQ(report["totals"]["closed"], 4);
}

TEST_F(LiveBoardTest, LossMakesFindingsInconclusiveAndAnOpenEndDoesNot) {
  Process process(board_, 7);
  process.play("A:CBIND");
  EXPECT_EQ(Json::parse(board_.findings(kNow))["verdict"], "clean");
  Loss loss;
  loss.lost = 3;
  process.log().on_loss(loss);
  const Json findings = Json::parse(board_.findings(kNow));
  EXPECT_EQ(findings["verdict"], "inconclusive");
  EXPECT_EQ(findings["doubts"][0], "3 events were lost");
}

// Counts what it hears; guarded by the board's mutex, as the thread sanitizer sees.
struct Listening final : TimelineObserver {
  void on_process_known(const ProcessFacts &facts) override { pid = facts.pid; }
  void on_event_counted(uint16_t) override { ++events; }
  void on_connection_opened(const Connection &) override { ++opened; }
  void on_lost(const Loss &before, const Loss &now) override { lost += now.lost - before.lost; }
  void on_log_ended(const Timeline &timeline) override { end = timeline.end()->kind; }
  void on_asked(const Timeline &timeline) override { asked_at = timeline.last_event_ns(); }
  uint32_t pid = 0;
  uint64_t events = 0, opened = 0, lost = 0;
  Ns asked_at = 0;
  std::string end;
};

TEST_F(LiveBoardTest, OthersHearTheSameTimeline) {
  const auto other = std::make_shared<Listening>();
  const auto log = board_.listener();
  log->add(other);
  Script script(*log, Form::kPreload);
  log->on_process(facts_of(7));
  script.play("A:CBIND B:CBIND A:DEST");
  EXPECT_EQ(std::tie(other->pid, other->opened), std::tuple(7u, 2u));
  EXPECT_GE(other->events, 3u);
  EXPECT_EQ(other->asked_at, 0u);
  board_.ask();
  EXPECT_EQ(other->asked_at, log->timeline().last_event_ns());
  Loss loss;
  for (loss.lost = 3; loss.lost <= 5; loss.lost += 2) log->on_loss(loss);
  EXPECT_EQ(other->lost, 5u);
  script.end("exit");
  EXPECT_EQ(other->end, "exit");
}

TEST_F(LiveBoardTest, OneThreadFoldsWhileOthersAsk) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> asking;
  for (int i = 0; i < 3; ++i)
    asking.emplace_back([&] {
      uint64_t position = 0;
      while (!stop.load()) {
        position = board_.changes(position, kNow).position;
        EXPECT_LE(page()["total"].get<int>(), 2 * (23 + 3));
        EXPECT_FALSE(board_.findings(kNow).empty());
        board_.ask();
      }
    });
  for (uint32_t pid = 1; pid <= 11; ++pid) {
    Process process(board_, pid);
    process.log().add(std::make_shared<Listening>());
    for (int i = 0; i < 23; ++i) process.play("A:CBIND B:CBIND A:DEST");
    process.end("exit");
  }
  stop.store(true);
  for (std::thread &thread : asking) thread.join();
  EXPECT_EQ(page()["processes"].size(), 2u);
}

template <typename Step>
long micros_of(Step step) {
  const auto begin = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count();
}

// 100,000 open connections; what a page and a hello cost is said, not judged.
TEST_F(LiveBoardTest, HundredThousandOpenConnectionsArePagedAndFollowed) {
  constexpr uint64_t kMany = 100'003;
  const auto log = board_.listener();
  log->on_process(facts_of(7));
  Event event{};
  event.kind = k_HTTP_BIND_PROTOCOL;
  for (uint64_t i = 0; i < kMany; ++i) {
    event.time_ns = Script::kStartNs + i;
    event.wsi = 0x10000 + i * 0x240;
    log->on_event(event, {});
    event.time_ns += 1;
    log->on_event(event, {});
  }
  ConnectionQuery query;
  query.offset = 70'001;
  LiveMessage hello;
  std::string text;
  const long judged_us = micros_of([&] { text = board_.findings(kNow); });
  hello = board_.hello(kNow);
  const long page_us = micros_of([&] { text = board_.connections(query, kNow); });
  const long hello_us = micros_of([&] { hello = board_.hello(kNow); });
  std::printf("page %ld us, hello %ld us, findings %ld us; %zu bytes a row\n", page_us, hello_us, judged_us,
              sizeof(Row));
  const Json middle = Json::parse(text);
  EXPECT_EQ(middle["total"], kMany);
  EXPECT_EQ(middle["connections"].size(), ConnectionQuery::kDefaultLimit);
  EXPECT_EQ(middle["connections"][0]["id"], 70'002);
  EXPECT_EQ(Json::parse(hello.text)["more"], kMany - LiveBoard::kHelloRows);

  uint64_t position = 0, told = 0;
  for (;;) {
    const LiveMessage message = board_.changes(position, kNow);
    if (!message.tells) break;
    const size_t rows = Json::parse(message.text)["rows"].size();
    EXPECT_LE(rows, LiveBoard::kChangedRows);
    told += rows;
    position = message.position;
  }
  EXPECT_EQ(told, kMany) << "a follower from the beginning gets each row once";
}

}  // namespace
}  // namespace wsitrace::test
