// SPDX-License-Identifier: MIT
#include "agent/diagnosis/allow_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using namespace std::string_literals;

Finding finding(Cause kind, uint64_t count = 1, std::string vhost = "app", std::string protocol = "dyn") {
  Finding made;
  made.kind = kind;
  made.count = count;
  made.vhost = std::move(vhost);
  made.protocol = std::move(protocol);
  return made;
}
Finding leak(uint64_t count = 1, std::string vhost = "app", std::string protocol = "dyn") {
  return finding(Cause::kConnectionNotDestroyed, count, std::move(vhost), std::move(protocol));
}

Verdict verdict_with(std::vector<Finding> findings, std::string program = "lwsws") {
  Verdict verdict;
  verdict.program = std::move(program);
  verdict.findings = std::move(findings);
  verdict.conclude();
  return verdict;
}

AllowList list(const std::string &text) {
  auto parsed = AllowList::parse("allow.txt", text);
  if (!parsed) throw std::runtime_error(parsed.error().line());
  return *parsed;
}

std::string error_in(const std::string &text) {
  const auto parsed = AllowList::parse("allow.txt", text);
  return parsed ? "no error" : parsed.error().line();
}

// How many of FINDINGS are left.
size_t left(const std::string &rules, std::vector<Finding> findings, std::string program = "lwsws") {
  Verdict verdict = verdict_with(std::move(findings), std::move(program));
  list(rules).apply(verdict);
  return verdict.findings.size();
}

TEST(Matches, StarStandsForAnyTextAndNothingElseIsSpecial) {
  for (const char *pattern : {"*", "app", "a*", "*p", "a*p", "*pp*", "app*", "**", "a*p*p"})
    EXPECT_TRUE(matches(pattern, "app"));
  for (const char *pattern : {"", "ap", "app2", "p*", "*a", "a*q*p", "?pp", "[a]pp", "A*", "app*app", "ap*pp"})
    EXPECT_FALSE(matches(pattern, "app")) << pattern;
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c-c"));
}

TEST(AllowList, RuleTakesOutWhatItFitsAndConcludesAnew) {
  Verdict verdict = verdict_with({leak(), finding(Cause::kPeerGone)});
  AllowList rules = list("kind=connection_not_destroyed\n");
  rules.apply(verdict);
  ASSERT_THAT(verdict.findings, SizeIs(1));
  EXPECT_EQ(verdict.findings[0].kind, Cause::kPeerGone);
  EXPECT_EQ(verdict.conclusion, Conclusion::kFindings);
  list("kind=*").apply(verdict);
  EXPECT_EQ(verdict.conclusion, Conclusion::kClean);
}

TEST(AllowList, DoubtsStayDoubts) {
  Verdict verdict = verdict_with({leak()});
  verdict.doubts = {"2 events were lost"};
  list("kind=*").apply(verdict);
  EXPECT_EQ(verdict.exit_status(), 3);
}

TEST(AllowList, EveryMemberMustFit) {
  const std::string all = "kind=connection_* vhost=app protocol=dyn program=lwsws";
  EXPECT_EQ(left(all, {leak()}), 0u);
  EXPECT_EQ(left(all, {finding(Cause::kPeerGone)}), 1u);
  EXPECT_EQ(left(all, {leak(1, "other")}), 1u);
  EXPECT_EQ(left(all, {leak(1, "app", "echo")}), 1u);
  EXPECT_EQ(left(all, {leak()}, "janus"), 1u);
}

TEST(AllowList, CountIsOfAllThatARuleAllowsAndAFindingStaysWhole) {
  EXPECT_EQ(left("kind=* count=3", {leak(3)}), 0u);
  EXPECT_EQ(left("kind=* count=3", {leak(4)}), 1u);
  EXPECT_EQ(left("kind=* count=3", {leak(2, "a"), leak(2, "b"), leak(1, "c")}), 1u);
  EXPECT_EQ(left("kind=*", {leak(1009)}), 0u);
}

TEST(AllowList, CountGoesOnFromOneProcessToTheNext) {
  AllowList rules = list("kind=* count=3");
  Verdict first = verdict_with({leak(2)}), second = verdict_with({leak(2)});
  rules.apply(first);
  rules.apply(second);
  EXPECT_THAT(first.findings, SizeIs(0));
  EXPECT_THAT(second.findings, SizeIs(1));
  EXPECT_EQ(rules.uses()[0].used, 2u);
  EXPECT_EQ(rules.uses()[0].over, 2u);
}

TEST(AllowList, NextRuleTakesWhatTheFirstHasNoRoomFor) {
  AllowList rules = list("kind=* count=1\nkind=connection_not_destroyed");
  Verdict verdict = verdict_with({leak(5)});
  rules.apply(verdict);
  EXPECT_THAT(verdict.findings, SizeIs(0));
  EXPECT_TRUE(rules.uses()[0].is_stale());
  EXPECT_EQ(rules.uses()[1].used, 5u);
}

TEST(AllowList, UsesNameFileLineAndRuleWithoutItsComment) {
  AllowList rules = list("# header\n\n  kind=peer_gone vhost=a#b\t# because\nkind=*\n");
  ASSERT_THAT(rules.uses(), SizeIs(2));
  EXPECT_EQ(rules.uses()[0].where, "allow.txt:3");
  EXPECT_EQ(rules.uses()[0].rule, "kind=peer_gone vhost=a#b");
  EXPECT_TRUE(rules.uses()[0].is_stale());
}

TEST(AllowList, SeveralFilesAreOneList) {
  AllowList rules = list("kind=peer_gone");
  rules.append(*AllowList::parse("more.txt", "kind=descriptor_left"));
  ASSERT_THAT(rules.uses(), SizeIs(2));
  EXPECT_EQ(rules.uses()[1].where, "more.txt:1");
}

TEST(AllowList, LineEndsOfWindowsAndAMissingLastOneAreFine) {
  EXPECT_THAT(list("kind=peer_gone\r\n\r\nkind=*").uses(), SizeIs(2));
  EXPECT_EQ(list("kind=peer_gone\r\n").uses()[0].rule, "kind=peer_gone");
}

TEST(AllowList, NamesBeyondAsciiFit) {
  EXPECT_EQ(left("kind=* vhost=m\xc3\xbcnchen", {leak(1, "m\xc3\xbcnchen")}), 0u);
}

TEST(AllowList, EmptyFileAllowsNothing) {
  EXPECT_THAT(list("").uses(), SizeIs(0));
  EXPECT_EQ(left("# nothing\n", {leak()}), 1u);
}

TEST(AllowList, WhatIsNoRuleIsOneLineThatNamesFileAndLine) {
  EXPECT_THAT(error_in("\nkind=x"),
              HasSubstr("wsitrace: allow.txt:2: unknown kind \"x\" (kinds: connection_not_destroyed, "));
  EXPECT_THAT(error_in("kind=conn_*"), HasSubstr("unknown kind"));
  EXPECT_THAT(error_in("vhost=app"), HasSubstr("allow.txt:1: no kind"));
  EXPECT_THAT(error_in("kind=* color=red"),
              HasSubstr("unknown member \"color\" (members: kind, vhost, protocol, program, count)"));
  EXPECT_THAT(error_in("kind=* app"), HasSubstr("cannot read \"app\""));
  EXPECT_THAT(error_in("kind=* vhost="), HasSubstr("no value for \"vhost\""));
  EXPECT_THAT(error_in("kind=* kind=*"), HasSubstr("\"kind\" is there twice"));
  EXPECT_THAT(error_in("=x"), HasSubstr("unknown member \"\""));
  for (const char *count : {"0", "-1", "1.5", "many", "3x", "99999999999999999999"})
    EXPECT_THAT(error_in("kind=* count="s + count), HasSubstr("is not a number of findings"));
}

TEST(AllowList, BytesThatAreNoTextAreOneLine) {
  EXPECT_THAT(error_in("kind=*\nkind=\0x"s), HasSubstr("allow.txt:2: holds a NUL byte"));
  EXPECT_THAT(error_in("kind=\x1b[31m"), HasSubstr("holds a control character"));
  EXPECT_THAT(error_in("# \x07"), HasSubstr("holds a control character"));
  EXPECT_THAT(error_in("kind=* vhost=\xff"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(error_in("kind=* vhost=\xc3"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(error_in("kind=a\rkind=b"), HasSubstr("holds a control character"));
}

TEST(AllowList, LongestLineAndFileAreAllowedAndNoLonger) {
  const std::string longest = "kind=*" + std::string(AllowList::kMaxLineBytes - 6, ' ');
  EXPECT_EQ(error_in(longest), "no error");
  EXPECT_THAT(error_in(longest + " "), HasSubstr("allow.txt:1: 4097 bytes in one line"));
  EXPECT_EQ(error_in(std::string(AllowList::kMaxFileBytes, '\n')), "no error");
  EXPECT_THAT(error_in(std::string(AllowList::kMaxFileBytes + 1, '\n')), HasSubstr("allow.txt: 1048577 bytes"));
}

TEST(AllowList, ErrorsQuoteNoMoreThanAPieceOfAWord) {
  EXPECT_LT(error_in("kind=" + std::string(3000, 'k')).size(), 500u);
  EXPECT_LT(error_in("kind=* " + std::string(3000, 'k') + "=1").size(), 500u);
}

}  // namespace
}  // namespace wsitrace::test
