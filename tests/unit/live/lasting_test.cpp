// SPDX-License-Identifier: MIT
//
// What the live board tells of callbacks that keep their event loop.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/export/live/live_board.h"
#include "tests/unit/timeline/runs.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;

constexpr Ns kAnswered = Script::kStartNs + 1'000'000'000;

class LiveLastingTest : public ::testing::Test {
 protected:
  LiveLastingTest() {
    ProcessFacts facts;
    facts.pid = 7;
    facts.started_mono_ns = Script::kStartNs;
    log_->on_process(facts);
  }
  static Json running(const std::string &text) { return Json::parse(text)["processes"].at(0)["running"]; }

  LiveBoard board_;
  std::shared_ptr<LiveProcess> log_ = board_.listener();
  Script script_{*log_, Form::kPreload};
};

constexpr Ns kLongNs = 2'500'000'000;

TEST_F(LiveLastingTest, CallbackThatKeepsItsLoopIsToldWhileItDoes) {
  script_.play("A:CBIND B:CBIND C:CBIND D:CBIND D:DEST");
  const LiveMessage hello = board_.hello(kAnswered);
  EXPECT_EQ(running(hello.text), Json::array());
  tell_runs(*log_, 'A', k_HTTP, Script::kStartNs + 2 * kLongNs, 2500);
  const LiveMessage begun = board_.changes(hello.position, kAnswered);
  EXPECT_TRUE(begun.tells);
  const Json expected = {{"thread", 0},         {"callback", "LWS_CALLBACK_HTTP"},
                         {"protocol", "dyn"},   {"connection", 1},
                         {"since_ns", kLongNs}, {"waiting", 2}};
  EXPECT_EQ(running(begun.text), Json::array({expected}));
  EXPECT_EQ(running(board_.connections({}, kAnswered)), Json::array({expected}));
  EXPECT_FALSE(board_.changes(begun.position, kAnswered).tells);
  tell_runs(*log_, 'A', -1, Script::kStartNs + 3 * kLongNs, 0);
  const LiveMessage over = board_.changes(begun.position, kAnswered);
  EXPECT_TRUE(over.tells);
  EXPECT_EQ(running(over.text), Json::array());
}

TEST_F(LiveLastingTest, CallbackThatRunsALoopOfItsOwnKeepsNobody) {
  script_.play("A:CBIND +2000ms B:CREATE B:NEW=9 B:FH('/a')");
  tell_runs(*log_, 'A', k_HTTP, Script::kStartNs + kLongNs, 2500);
  EXPECT_EQ(running(board_.connections({}, kAnswered)), Json::array());
}

TEST_F(LiveLastingTest, CallbackInWhichAProcessEndedRunsNoMore) {
  script_.play("A:CBIND");
  tell_runs(*log_, 'A', k_HTTP, Script::kStartNs + kLongNs, 2500);
  script_.end("killed");
  EXPECT_EQ(running(board_.connections({}, kAnswered)), Json::array());
}

}  // namespace
}  // namespace wsitrace::test
