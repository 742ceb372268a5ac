// SPDX-License-Identifier: MIT
#include "agent/export/junit/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "agent/base/utf8.h"
#include "tests/unit/formats/check_fixture.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;

// The document, parsed; it must be well-formed.
class Read {
 public:
  explicit Read(const Check &check) : text_(junit_xml(check)) {
    const auto parsed = document_.load_string(text_.c_str(), pugi::parse_default | pugi::parse_ws_pcdata);
    EXPECT_TRUE(parsed) << parsed.description();
  }
  [[nodiscard]] pugi::xml_node suite() const { return document_.child("testsuites").child("testsuite"); }
  [[nodiscard]] pugi::xml_node test(const char *name) const {
    return suite().find_child_by_attribute("testcase", "name", name);
  }
  [[nodiscard]] int count(const char *name) const { return suite().attribute(name).as_int(-1); }
  [[nodiscard]] const std::string &text() const { return text_; }

 private:
  std::string text_;
  pugi::xml_document document_;
};

TEST(Junit, CleanRunShowsWhatWasLookedFor) {
  const Read read(clean_check());
  EXPECT_STREQ(read.suite().attribute("name").value(), "wsitrace");
  EXPECT_EQ(read.count("tests"), static_cast<int>(fault_causes().size()) + 1);
  for (const char *none : {"failures", "errors", "skipped"}) EXPECT_EQ(read.count(none), 0);
  for (const Cause kind : fault_causes()) EXPECT_FALSE(read.test(name_of(kind)).first_child());
}

TEST(Junit, FindingFailsTheTestOfItsKind) {
  const Read read(failed_check());
  EXPECT_EQ(read.count("failures"), 1);
  const pugi::xml_node failure = read.test("connection_not_destroyed").child("failure");
  EXPECT_STREQ(failure.attribute("message").value(), "2 connections of app were never destroyed");
  EXPECT_STREQ(failure.attribute("type").value(), "connection_not_destroyed");
  EXPECT_THAT(failure.text().get(), HasSubstr("  since 0.250 s, last event at 1.000 s, 3.100 s old at the end\n"));
  EXPECT_THAT(failure.text().get(), HasSubstr(row_of(Cause::kConnectionNotDestroyed).advice));
}

TEST(Junit, TroubleIsThereToBeReadAndFailsNothing) {
  const Read read(troubled_check());
  EXPECT_EQ(read.count("failures"), 0);
  EXPECT_STREQ(read.test("trouble").child("system-out").text().get(),
               "server: request_refused: 3 accepted connections were turned away\n  A callback returned 1.\n"
               "  What to do: return 0\n");
}

TEST(Junit, FindingsOfOneKindInAllProcessesAreOneFailure) {
  Check check = failed_check();
  check.verdicts.push_back(failed_check("other").verdicts[0]);
  const Read read(check);
  EXPECT_EQ(read.count("failures"), 1);
  const pugi::xml_node failure = read.test("connection_not_destroyed").child("failure");
  EXPECT_THAT(failure.attribute("message").value(), HasSubstr("(and 1 finding more)"));
  EXPECT_THAT(failure.text().get(), HasSubstr("vhost other"));
}

TEST(Junit, InconclusiveIsAnErrorAndNothingPasses) {
  const Read read(inconclusive_check());
  EXPECT_EQ(read.count("errors"), 1);
  EXPECT_EQ(read.count("skipped"), static_cast<int>(fault_causes().size()));
  EXPECT_STREQ(read.test("conclusive").child("error").attribute("message").value(), "2 events were lost");
}

TEST(Junit, AllowListSaysWhatItAllowedAndFailsWhenStrict) {
  Check check = clean_check();
  check.rules = {{"allow.txt:3", "kind=peer_gone", 0, 0}};
  EXPECT_THAT(Read(check).test("allow_list").child("system-out").text().get(),
              HasSubstr("allow.txt:3: kind=peer_gone: stale"));
  check.strict_allow = true;
  EXPECT_TRUE(Read(check).test("allow_list").child("failure"));
}

TEST(Junit, NamesAreReadBackCharacterByCharacter) {
  for (const std::string name :
       {"%,:", "\n", "\r", "\t", "\"'", "<&>", "]]>", "&amp;", "\xc3\xa9", "\xf0\x9f\x98\x80", "\x7f"}) {
    const Read read(failed_check(name));
    EXPECT_EQ(read.test("connection_not_destroyed").child("failure").attribute("message").value(),
              "2 connections of " + name + " were never destroyed");
  }
}

TEST(Junit, WhatXmlHasNoCharacterForIsReplaced) {
  for (const std::string &name : {std::string("\x01"), std::string("\x1b"), std::string(1, '\0'), std::string("\xff"),
                                  std::string("\xef\xbf\xbe"), std::string("\xed\xa0\x80").substr(0, 1)}) {
    const Read read(failed_check(name));
    EXPECT_STREQ(read.test("connection_not_destroyed").child("failure").attribute("message").value(),
                 "2 connections of \xef\xbf\xbd were never destroyed");
  }
  const Read read(failed_check(kHostile));
  for (const char c : read.text()) EXPECT_TRUE(c < 0 || c >= ' ' || c == '\n');
  EXPECT_EQ(utf8(read.text()), read.text());
}

}  // namespace
}  // namespace wsitrace::test
