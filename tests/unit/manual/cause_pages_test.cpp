// SPDX-License-Identifier: MIT
#include "agent/manual/cause_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/diagnosis/causes.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const CauseRow &row : kCauseRows) names.emplace_back(row.name);
  return names;
}

TEST(CausePages, EachCauseAndEachFindingHasOneThatSaysWhatItIsHowItIsKnownAndHowToFixIt) {
  for (const std::string &name : all_names()) {
    const CausePage *page = cause_page(name);
    ASSERT_NE(page, nullptr) << name;
    EXPECT_THAT(std::string(page->text), StartsWith("# " + name + "\n\nSeverity: "));
    for (const char *part : {"\n## How wsitrace knows\n", "\n## How to fix it\n"})
      EXPECT_THAT(std::string(page->text), HasSubstr(part)) << name;
    EXPECT_GT(meaning_of(*page).size(), 20U) << name;
    EXPECT_EQ(meaning_of(*page).find('\n'), std::string::npos) << name;
  }
}

TEST(CausePages, NoneIsOfSomethingThatIsNoCause) {
  const std::vector<std::string> names = all_names();
  for (const CausePage &page : cause_pages())
    EXPECT_NE(std::find(names.begin(), names.end(), page.name), names.end()) << page.name;
  EXPECT_EQ(cause_page("README"), nullptr);
  EXPECT_EQ(cause_page(""), nullptr);
}

TEST(CausePages, MeaningIsTheFirstSentence) {
  EXPECT_EQ(meaning_of({"a", "# a\n\nSeverity: note.\n\nIt ended\nearly. It is a note.\n\n## How wsitrace knows\n"}),
            "It ended early");
  EXPECT_EQ(meaning_of({"a", "# a\n\nSeverity: note.\n\nIt ended.\nIt is a note.\n"}), "It ended");
  EXPECT_EQ(meaning_of({"a", "# a\n"}), "");
}

TEST(CausePages, NamesThatAreMisspeltHaveNearOnes) {
  EXPECT_THAT(near_causes("nevr_answered"), testing::Contains("never_answered"));
  EXPECT_EQ(near_causes("nevr_answered").front(), "never_answered");
  EXPECT_EQ(near_causes("response-owed").front(), "response_owed");
  EXPECT_THAT(near_causes("tsl_failed"), testing::ElementsAre("tls_failed"));
  EXPECT_THAT(near_causes("tls"), testing::UnorderedElementsAre("tls_certificate", "tls_failed"));
  EXPECT_THAT(near_causes("xyzzy"), IsEmpty());
  EXPECT_THAT(near_causes(""), IsEmpty());
}

TEST(CausePages, NearNamesAreFew) {
  for (const std::string &name : all_names()) {
    EXPECT_LE(near_causes(name).size(), kNearNames);
    EXPECT_EQ(near_causes(name).front(), name);
  }
}

}  // namespace
}  // namespace wsitrace::test
