// SPDX-License-Identifier: MIT
#include "agent/collect/log_json.h"

#include <gmock/gmock.h>

namespace wsitrace {
namespace {

TEST(LogJson, FactsComeBackAsTheyWere) {
  ProcessFacts facts;
  facts.pid = 4711;
  facts.parent_pid = 1;
  facts.program = "rtpengine";
  facts.arguments = {"rtpengine", "--config", "a\"b\\c\n"};
  facts.lws_version = "4.1.6";
  facts.attach = "preload";
  facts.notice = "läuft";
  facts.started_mono_ns = UINT64_MAX;
  facts.started_real_ns = 1'763'640'000'000'000'000;
  facts.trouble = {{"string_overflow", 3}};
  const auto meta = meta_from_json(json_of(facts));
  ASSERT_TRUE(meta && meta->process);
  EXPECT_EQ(*meta->process, facts);
  EXPECT_FALSE(meta->loss);
}

TEST(LogJson, LossComesBackAsItWas) {
  const Loss loss{1009, 37, {{"ring_full", 30}, {"no_ring", 7}}};
  const auto meta = meta_from_json(json_of(loss));
  ASSERT_TRUE(meta && meta->loss);
  EXPECT_EQ(*meta->loss, loss);
}

TEST(LogJson, EndComesBackAsItWas) {
  for (const End &end :
       {End{"signal", 9, 123}, End{"unknown", std::nullopt, std::nullopt}, End{"exit", 0, std::nullopt}})
    EXPECT_EQ(end_from_json(json_of(end)), end);
}

TEST(LogJson, UnknownKeysAreIgnored) {
  EXPECT_TRUE(meta_from_json(R"({"weather":"fine"})"));
  EXPECT_TRUE(end_from_json(R"({"kind":"exit","status":null,"mono_ns":null,"core":true})"));
}

TEST(LogJson, WrongTypesAndMissingValuesAreUnreadable) {
  for (const char *text :
       {"", "[]", "7", "{", R"({"process":7})", R"({"process":{"pid":1}})", R"({"loss":{}})",
        R"({"loss":{"recorded":"many","lost":0,"by_cause":{}}})", R"({"loss":{"recorded":1.5,"lost":0,"by_cause":{}}})",
        R"({"loss":{"recorded":-1,"lost":0,"by_cause":{}}})",
        R"({"loss":{"recorded":100777777777777777777777777777777777777777770000,"lost":0,"by_cause":{}}})",
        R"({"loss":{"recorded":1,"lost":0,"by_cause":{"ring_full":1e300}}})",
        R"({"loss":{"recorded":1,"lost":0,"by_cause":[7]}})"})
    EXPECT_FALSE(meta_from_json(text)) << text;
  for (const char *text : {"", "null", "{}", R"({"kind":7})", R"({"kind":"exit","status":"none"})",
                           R"({"kind":"exit","status":4294967296})", R"({"kind":"exit","status":true})"})
    EXPECT_FALSE(end_from_json(text)) << text;
}

TEST(LogJson, NestingWithoutEndIsUnreadable) { EXPECT_FALSE(meta_from_json(std::string(100'003, '['))); }

TEST(LogJson, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(valid_utf8("plain"), "plain");
  EXPECT_EQ(valid_utf8("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
}  // namespace wsitrace
