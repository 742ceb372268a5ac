// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/compare/rule.h"

namespace wsitrace::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::string &text) {
  const auto rule = parse_rule(text);
  return rule ? "accepted" : rule.error().line();
}

TEST(RuleGrammar, EveryFamilyMeasureAndQuantileIsARule) {
  for (const Family family : all_families()) {
    EXPECT_TRUE(parse_rule(name_of(family)));
    for (const std::string &name : known_names(family)) EXPECT_TRUE(parse_rule(count_name(family, name))) << name;
  }
  for (const Measure measure : all_measures())
    for (const Quantile quantile : all_quantiles()) EXPECT_TRUE(parse_rule(latency_name(measure, quantile)));
}

TEST(RuleGrammar, AmountHasAUnit) {
  EXPECT_EQ(parse_rule("leaks")->by, Rule::By::kAnything);
  EXPECT_EQ(parse_rule("close:timeout>10%")->by, Rule::By::kPerCent);
  EXPECT_EQ(parse_rule("close:timeout>10%")->amount, 10);
  EXPECT_EQ(parse_rule("close:timeout>7")->by, Rule::By::kAmount);
  EXPECT_EQ(parse_rule("latency:tls.max>250us")->amount, 250e3);
  EXPECT_EQ(parse_rule("latency:tls.max>5ms")->amount, 5e6);
  EXPECT_EQ(parse_rule("latency:tls.max>1.5s")->amount, 1.5e9);
}

TEST(RuleGrammar, LessThanAsksForAFall) {
  EXPECT_TRUE(parse_rule("outcome:completed<0")->falls);
  EXPECT_FALSE(parse_rule("outcome:completed>0")->falls);
}

TEST(RuleGrammar, LatencyWithoutQuantileIsP50AndP90) {
  EXPECT_THAT(parse_rule("latency:session")->measures, ElementsAre(Measure::kSession));
  EXPECT_THAT(parse_rule("latency:session")->quantiles, ElementsAre(Quantile::kP50, Quantile::kP90));
  EXPECT_THAT(parse_rule("latency")->measures, ElementsAre(Measure::kTls, Measure::kResponse, Measure::kTransaction));
}

TEST(RuleGrammar, NameMayHoldColonsAndSpaces) {
  EXPECT_EQ(parse_rule("vhost:my app:2>3")->name, "my app:2");
  EXPECT_EQ(parse_rule("protocol:a>b>3")->name, "a>b");
}

TEST(RuleGrammar, WhatIsUnknownIsNamedWithWhatThereIs) {
  EXPECT_THAT(refusal("frobs"), HasSubstr("wsitrace: --fail-on frobs: unknown rule (there are findings[:KIND], leaks"));
  EXPECT_THAT(refusal("close:late"), HasSubstr("no REASON \"late\" (there are peer_closed, "));
  EXPECT_THAT(refusal("latency:dns"), HasSubstr("unknown latency (there are tls, response"));
  EXPECT_THAT(refusal("latency:tls.p95"), HasSubstr("unknown quantile (there are p50, p90, p99, max)"));
  EXPECT_THAT(refusal("leaks:all"), HasSubstr("leaks is one number (leave out :all)"));
}

TEST(RuleGrammar, NonsenseIsRefused) {
  for (const char *text : {"", ":", ">", "<3", "close:", "vhost:", "latency:", "latency:tls.", "leaks>", "leaks>x",
                           "leaks>-1", "leaks>inf", "leaks>nan", "leaks>1e3", "leaks>5ms", "leaks>5 %",
                           "latency:tls.p50>5", "latency:tls.p50>5min", "leaks=3"})
    EXPECT_THAT(refusal(text), HasSubstr("wsitrace: --fail-on ")) << text;
}

}  // namespace
}  // namespace wsitrace::test
