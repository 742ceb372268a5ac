// SPDX-License-Identifier: MIT
#include "agent/cli/run/trace_names.h"

#include <gtest/gtest.h>

#include <set>

namespace wsitrace {
namespace {

TraceNames names(const std::string &output, const std::set<std::string> &on_disk = {}) {
  return TraceNames(output, [on_disk](const std::string &path) { return on_disk.contains(path); });
}

TEST(TraceNames, WithoutOutputEachProcessHasItsProgramAndPid) {
  auto each = names("");
  EXPECT_EQ(each.next("janus", 4711), "janus.4711.wsitrace");
  EXPECT_EQ(each.next("lwsws", 4712), "lwsws.4712.wsitrace");
}

TEST(TraceNames, FirstProcessGetsTheUsersFileAndFurtherOnesTheirPidInIt) {
  auto each = names("dir/out.wsitrace");
  EXPECT_EQ(each.next("janus", 4711), "dir/out.wsitrace");
  EXPECT_EQ(each.next("janus", 4712), "dir/out.4712.wsitrace");
}

TEST(TraceNames, PidThatRecordsAgainGetsANumber) {
  auto each = names("out.wsitrace");
  each.next("sh", 7);
  EXPECT_EQ(each.next("janus", 7), "out.7.wsitrace");
  EXPECT_EQ(each.next("janus", 7), "out.7-2.wsitrace");
  EXPECT_EQ(each.next("janus", 7), "out.7-3.wsitrace");
}

TEST(TraceNames, PidGoesBeforeTheLastExtensionOnly) {
  auto each = names("a.wsitrace.wsitrace");
  each.next("x", 1);
  EXPECT_EQ(each.next("x", 2), "a.wsitrace.2.wsitrace");
}

TEST(TraceNames, FileWithoutExtensionGetsThePidAtItsEnd) {
  auto plain = names("trace"), dotted = names("dir/.wsitrace");
  plain.next("x", 1);
  dotted.next("x", 1);
  EXPECT_EQ(plain.next("x", 2), "trace.2");
  EXPECT_EQ(dotted.next("x", 2), "dir/.wsitrace.2");
}

TEST(TraceNames, OnlyTheUsersOwnFileIsOverwritten) {
  auto given = names("out.wsitrace", {"out.wsitrace", "out.8.wsitrace"});
  EXPECT_EQ(given.next("x", 7), "out.wsitrace");
  EXPECT_EQ(given.next("x", 8), "out.8-2.wsitrace");
  auto derived = names("", {"x.7.wsitrace"});
  EXPECT_EQ(derived.next("x", 7), "x.7-2.wsitrace");
}

TEST(TraceNames, ProgramNameCannotLeaveTheDirectory) {
  EXPECT_EQ(as_file_name("/usr/sbin/janus"), "janus");
  EXPECT_EQ(as_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(as_file_name(".."), "program");
  EXPECT_EQ(as_file_name("dir/"), "program");
  EXPECT_EQ(as_file_name(""), "program");
}

TEST(TraceNames, ProgramNameBecomesAnOrdinaryFileName) {
  EXPECT_EQ(as_file_name("a b\nc"), "a_b_c");
  EXPECT_EQ(as_file_name("-rf"), "_rf");
  EXPECT_LE(as_file_name(std::string(1009, 'x')).size(), 255u - std::string(".4294967295-999.wsitrace").size());
}

}  // namespace
}  // namespace wsitrace
