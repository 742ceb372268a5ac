// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/fresh_traces.h"

#include <gtest/gtest.h>

#include <thread>

namespace wsitrace {
namespace {

using Paths = std::vector<std::string>;

TEST(FreshTraces, AreWantedFromTheQuestionToTheAnswer) {
  FreshTraces traces(std::chrono::minutes(1));
  EXPECT_FALSE(traces.are_wanted());
  Paths got;
  std::thread reader([&] { got = traces.get(); });
  while (!traces.are_wanted()) std::this_thread::yield();
  traces.written({"janus.7.wsitrace", "janus.11.wsitrace"});
  EXPECT_FALSE(traces.are_wanted());
  reader.join();
  EXPECT_EQ(got, (Paths{"janus.7.wsitrace", "janus.11.wsitrace"}));
}

TEST(FreshTraces, TellWhatIsKnownWhenNobodyWritesAnyMore) {
  FreshTraces traces;
  traces.written({"janus.7.wsitrace"});
  traces.stop();
  EXPECT_EQ(traces.get(), Paths{"janus.7.wsitrace"});
}

TEST(FreshTraces, AreNoneBeforeTheFirstIsWritten) {
  FreshTraces traces(std::chrono::milliseconds(1));
  EXPECT_EQ(traces.get(), Paths{});
}

}  // namespace
}  // namespace wsitrace
