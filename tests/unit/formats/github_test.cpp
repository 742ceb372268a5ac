// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/export/github/github.h"
#include "tests/unit/formats/check_fixture.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// As the runner undoes it (actions/runner, ActionCommand): the property first from its colon and comma.
std::string unescaped(std::string text, bool property) {
  const std::vector<std::pair<std::string, std::string>> all{
      {"%3A", ":"}, {"%2C", ","}, {"%0D", "\r"}, {"%0A", "\n"}, {"%25", "%"}};
  for (size_t i = property ? 0 : 2; i < all.size(); ++i)
    for (size_t at = 0; (at = text.find(all[i].first, at)) != std::string::npos; at += all[i].second.size())
      text.replace(at, all[i].first.size(), all[i].second);
  return text;
}

size_t lines_of(const std::string &text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

TEST(GithubEscape, EachCharacterOfAMessage) {
  EXPECT_EQ(escaped_message("%"), "%25");
  EXPECT_EQ(escaped_message("\r"), "%0D");
  EXPECT_EQ(escaped_message("\n"), "%0A");
  EXPECT_EQ(escaped_message(":,"), ":,");
  EXPECT_EQ(escaped_message("%0A"), "%250A");
  EXPECT_EQ(escaped_message("\"'<&>|`\\\t::"), "\"'<&>|`\\\t::");
}

TEST(GithubEscape, EachCharacterOfAProperty) {
  EXPECT_EQ(escaped_property("%"), "%25");
  EXPECT_EQ(escaped_property("\r"), "%0D");
  EXPECT_EQ(escaped_property("\n"), "%0A");
  EXPECT_EQ(escaped_property(":"), "%3A");
  EXPECT_EQ(escaped_property(","), "%2C");
  EXPECT_EQ(escaped_property("%3A"), "%253A");
  EXPECT_EQ(escaped_property("a=b;c"), "a=b;c");
}

TEST(GithubEscape, AllOtherAsciiStaysAndControlCharactersAreReplaced) {
  std::string plain;
  for (char c = 0x20; c < 0x7f; ++c) plain += std::string_view("%:,").find(c) == std::string_view::npos ? c : '-';
  EXPECT_EQ(escaped_message(plain), plain);
  EXPECT_EQ(escaped_property(plain), plain);
  for (char c = 0; c < 0x20; ++c) {
    const bool kept = std::string_view("\n\r\t").find(c) != std::string_view::npos;
    EXPECT_EQ(escaped_message(std::string(1, c)) == "\xef\xbf\xbd", !kept);
  }
}

TEST(GithubEscape, BytesBeyondAsciiStayWhenTheyAreUtf8) {
  EXPECT_EQ(escaped_message("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(escaped_message("\xff\xc3("), "\xef\xbf\xbd\xef\xbf\xbd(");
}

TEST(GithubEscape, RunnerReadsBackWhatWasMeant) {
  const std::string text = "100%, a:b%0A\r\n%25%3A";
  EXPECT_EQ(unescaped(escaped_message(text), false), text);
  EXPECT_EQ(unescaped(escaped_property(text), true), text);
}

TEST(GithubAnnotations, FindingIsOneLineWithAllThatIsKnown) {
  EXPECT_EQ(github_annotations(failed_check()),
            "::error title=wsitrace%3A connection_not_destroyed::server: 2 connections of app were never destroyed"
            "%0Avhost app, protocol dyn, connections 7, 11"
            "%0Asince 0.250 s, last event at 1.000 s, 3.100 s old at the end"
            "%0Alast in charge: HTTP of protocol dyn%0Awhat to do: " +
                escaped_message(row_of(Cause::kConnectionNotDestroyed).advice) + "\n");
}

TEST(GithubAnnotations, FindingIsPutOnTheInnermostLineBelowTheRoot) {
  Check check = failed_check();
  Frame outside, inside, caller;
  outside.file = "/usr/include/lws.h", inside.file = "/w/src/a,b.c", caller.file = "/w/main.c";
  outside.line = 7, inside.line = 41, caller.line = 43;
  check.verdicts[0].findings[0].bound_at = {outside, inside, caller};
  EXPECT_THAT(github_annotations(check, SourceRoot("/w")),
              StartsWith("::error file=src/a%2Cb.c,line=41,title=wsitrace%3A connection_not_destroyed::server: "));
  EXPECT_THAT(github_annotations(check, SourceRoot("/elsewhere")), StartsWith("::error title="));
}

TEST(GithubAnnotations, CleanCheckSaysNothing) { EXPECT_EQ(github_annotations(clean_check()), ""); }

TEST(GithubAnnotations, NameCannotBecomeALineOfItsOwn) {
  const std::string text = github_annotations(failed_check("x\n::error::forged\r::stop-commands::"));
  EXPECT_EQ(lines_of(text), 1u);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("2 connections of x%0A::error::forged%0D::stop-commands:: were"));
  EXPECT_EQ(lines_of(github_annotations(failed_check(kHostile))), 1u);
}

TEST(GithubAnnotations, NamesKeepEachOfTheirCharacters) {
  EXPECT_THAT(github_annotations(failed_check("50%,a:b\nc")), HasSubstr("2 connections of 50%25,a:b%0Ac were never"));
}

TEST(GithubAnnotations, DoubtsAndStaleRulesAreWarningsUntilTheyFail) {
  Check check = inconclusive_check();
  check.rules = {{"allow.txt:3", "kind=*", 0, 0}};
  EXPECT_EQ(github_annotations(check),
            "::warning title=wsitrace%3A inconclusive::server: 2 events were lost\n"
            "::warning title=wsitrace%3A stale rule::allow.txt:3: kind=*: stale, it allowed nothing\n");
  check.strict_allow = true;
  EXPECT_THAT(github_annotations(check), StartsWith("::error title=wsitrace%3A stale rule::"));
}

TEST(GithubAnnotations, OfMoreThanGithubShowsTheLastOneCountsTheRest) {
  Check check;
  check.verdicts = {some_verdict(std::vector<Finding>(kAnnotations + 13, some_finding(Cause::kPeerGone)))};
  EXPECT_EQ(lines_of(github_annotations(check)), kAnnotations);
  EXPECT_THAT(github_annotations(check), HasSubstr("::and 14 more: the step's summary has them\n"));
  check.verdicts[0].findings.resize(kAnnotations);
  EXPECT_EQ(github_annotations(check).find("more: the step"), std::string::npos);
}

TEST(GithubSummary, SaysWhatFollowsThenATable) {
  EXPECT_EQ(github_summary(clean_check()), "### wsitrace: no leaks\n");
  const std::string text = github_summary(failed_check());
  EXPECT_THAT(
      text,
      StartsWith("### wsitrace: 1 finding\n\n| kind | count | program | what | what to do |\n|---|---:|---|---|---|\n"
                 "| `connection_not_destroyed` | 2 | server | 2 connections of app were never destroyed<br>"));
  EXPECT_EQ(github_summary(inconclusive_check()),
            "### wsitrace: inconclusive, 0 findings\n\n- doubt: server\\: 2 events were lost\n");
}

TEST(GithubAnnotations, TroubleIsAWarning) {
  EXPECT_EQ(github_annotations(troubled_check()),
            "::warning title=wsitrace%3A request_refused::server: 3 accepted connections were turned away%0AA callback "
            "returned 1.%0Awhat to do: return 0\n");
}

TEST(GithubSummary, TroubleHasATableOfItsOwn) {
  EXPECT_THAT(github_summary(troubled_check()),
              StartsWith("### wsitrace: no leaks\n\n1 kind of trouble, which does not fail the check:\n\n| kind |"));
}

TEST(GithubSummary, NamesMeanNothingToMarkdown) {
  EXPECT_EQ(escaped_markdown("a|b`<i>[x](y)*_~"), "a\\|b\\`\\<i\\>\\[x\\](y)\\*\\_\\~");
  EXPECT_EQ(escaped_markdown("a\nb"), "a\\\\nb");
  const std::string text = github_summary(failed_check(kHostile));
  EXPECT_EQ(lines_of(text), lines_of(github_summary(failed_check())));
}

TEST(GithubSummary, LongTableIsCutAndSaysSo) {
  Check check;
  check.verdicts = {some_verdict(std::vector<Finding>(kSummaryRows + 7, some_finding(Cause::kPeerGone)))};
  EXPECT_THAT(github_summary(check), HasSubstr("and 7 findings more\n"));
}

}  // namespace
}  // namespace wsitrace::test
