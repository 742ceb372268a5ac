// SPDX-License-Identifier: MIT
#include "agent/probe/strings.h"

#include "tests/unit/probe/probe_fixture.h"

namespace wsitrace {
namespace {

class Strings : public ProbeTest {};

TEST_F(Strings, EqualTextsHaveOneId) {
  const std::string a = "same text", b = "same text";
  EXPECT_EQ(intern(a.c_str()), intern(b.c_str()));
  EXPECT_EQ(intern_literal(a.c_str()), intern(b.c_str()));
  EXPECT_NE(intern("other text"), intern(a.c_str()));
}

TEST_F(Strings, NothingIsNoString) {
  EXPECT_EQ(intern(nullptr), kNoString);
  EXPECT_EQ(intern(""), kNoString);
  EXPECT_EQ(intern_literal(nullptr), kNoString);
}

TEST_F(Strings, LongTextIsCutOnceAndForAll) {
  const std::string text(997, 'y');
  const uint16_t id = intern(text.c_str());
  EXPECT_EQ(intern(text.c_str()), id);
  EXPECT_EQ(host_state().process->strings[id - 1].length, kMaxStringBytes);
}

// Last: fills the table of this process for good.
TEST_F(Strings, ZFullTableOverflowsAndCounts) {
  for (size_t i = 0; i < kMaxStrings; ++i) intern(("string number " + std::to_string(i)).c_str());
  const uint64_t before = host_state().process->trouble[kStringOverflow];
  EXPECT_EQ(intern("one that finds no room"), kOverflowString);
  EXPECT_EQ(host_state().process->trouble[kStringOverflow], before + 1);
  EXPECT_NE(intern("string number 2"), kOverflowString) << "what is known stays known";
}

}  // namespace
}  // namespace wsitrace
