// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/fresh_traces.h"

#include <gtest/gtest.h>

#include <thread>

namespace wsitrace {
namespace {

using Traces = std::vector<FreshTrace>;

Traces some() { return {{"janus.7.wsitrace", 7}, {"janus.11.wsitrace", 11}}; }

std::vector<std::string> paths_of(const Traces &traces) {
  std::vector<std::string> paths;
  for (const FreshTrace &trace : traces) paths.push_back(trace.path);
  return paths;
}

TEST(FreshTraces, AreWantedFromTheQuestionToTheAnswer) {
  FreshTraces traces(std::chrono::minutes(1));
  EXPECT_FALSE(traces.are_wanted());
  Traces got;
  std::thread reader([&] { got = traces.get(); });
  while (!traces.are_wanted()) std::this_thread::yield();
  traces.written(some());
  EXPECT_FALSE(traces.are_wanted());
  reader.join();
  EXPECT_EQ(paths_of(got), paths_of(some()));
}

TEST(FreshTraces, TellWhatIsKnownWhenNobodyWritesAnyMore) {
  FreshTraces traces;
  traces.written(some());
  traces.stop();
  EXPECT_EQ(paths_of(traces.get()), paths_of(some()));
}

TEST(FreshTraces, AreNoneBeforeTheFirstIsWritten) {
  FreshTraces traces(std::chrono::milliseconds(1));
  EXPECT_TRUE(traces.get().empty());
}

}  // namespace
}  // namespace wsitrace
