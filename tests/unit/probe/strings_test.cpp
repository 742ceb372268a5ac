// SPDX-License-Identifier: MIT
#include "agent/probe/strings.h"

#include <sys/wait.h>
#include <unistd.h>

#include <string>

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

// The ring file may be written by others: what they put there is never used.
TEST_F(Strings, WhatOthersWriteInTheRingFileIsNotRead) {
  const uint16_t known = intern("told before");
  ProcessBlock &block = *host_state().process;
  StringEntry &entry = block.strings[known - 1];
  const uint32_t offset = entry.offset, count = block.string_count, bytes = block.text_bytes;
  entry.offset = UINT32_MAX;
  entry.length = UINT16_MAX;
  block.string_count = UINT32_MAX;
  block.text_bytes = UINT32_MAX;
  EXPECT_EQ(intern("told before"), known);
  EXPECT_EQ(intern_literal("told before"), known);
  const uint16_t fresh = intern("told after");
  EXPECT_GT(fresh, known);
  EXPECT_LE(block.strings[fresh - 1].offset, kTextBytes);
  entry.offset = offset;
  entry.length = static_cast<uint16_t>(std::string_view("told before").size());
  block.string_count = count + 1;
  block.text_bytes = bytes;
}

bool full_table_overflows_and_counts() {
  for (size_t i = 0; i < kMaxStrings; ++i) intern(("string number " + std::to_string(i)).c_str());
  const uint64_t before = host_state().process->trouble[kStringOverflow];
  return intern("one that finds no room") == kOverflowString &&
         host_state().process->trouble[kStringOverflow] == before + 1 &&
         intern("string number 2") != kOverflowString;  // what is known stays known
}

// In a child, which has a table of its own: a full one is full for good.
TEST_F(Strings, FullTableOverflowsAndCounts) {
  const pid_t child = fork();
  if (child == 0) _exit(attach_process() && full_table_overflows_and_counts() ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace wsitrace
