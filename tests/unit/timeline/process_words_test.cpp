// SPDX-License-Identifier: MIT
#include "agent/timeline/process_words.h"

#include <gtest/gtest.h>

#include "agent/timeline/timeline.h"

namespace wsitrace::test {
namespace {

TEST(ProcessWords, EachEndingIsKnownByItsWord) {
  for (size_t i = 0; i < std::size(kEndingNames); ++i) {
    Timeline timeline;
    EXPECT_EQ(timeline.ending(), std::nullopt);
    timeline.on_end({.kind = kEndingNames[i], .status = {}, .mono_ns = {}});
    EXPECT_EQ(timeline.ending(), static_cast<Ending>(i));
  }
  EXPECT_EQ(ending_of({.kind = "melted", .status = {}, .mono_ns = {}}), Ending::kUnknown);
}

TEST(ProcessWords, WayInIsKnownByItsWord) {
  ProcessFacts facts;
  facts.attach = "preload";
  EXPECT_TRUE(came_as(facts, kAttachPreload));
  EXPECT_FALSE(came_as(facts, kAttachPlugin));
}

}  // namespace
}  // namespace wsitrace::test
