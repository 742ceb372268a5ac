// SPDX-License-Identifier: MIT
//
// What holds for any row of the tables of lws's vocabulary.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "agent/lws/callbacks.h"
#include "agent/lws/timeouts.h"
#include "agent/lws/words.h"

namespace wsitrace {
namespace {

TEST(LwsTables, NoTwoCallbacksShareANameOrANumber) {
  std::set<std::string> names;
  std::set<unsigned> numbers;
  for (const role::Row &row : role::kCallbacks) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(numbers.insert(row.number).second) << row.name;
    EXPECT_LT(row.number, kCallbackKinds) << row.name;
    EXPECT_STREQ(kind_name(row.number), row.name);
  }
}

TEST(LwsTables, ACallbackHasTheRolesOfItsRowAndNoOthers) {
  for (unsigned kind = 0; kind < 2 * kCallbackKinds; ++kind) {
    uint32_t roles = 0;
    for (const role::Row &row : role::kCallbacks) roles |= row.number == kind ? row.roles : 0;
    EXPECT_EQ(is_bind(static_cast<int>(kind)), (roles & role::kBind) != 0) << kind;
    EXPECT_EQ(has_role<role::kRecorded>(static_cast<int>(kind)), (roles & role::kRecorded) != 0) << kind;
    EXPECT_EQ((has_role<role::kEnds | role::kDrop>(static_cast<int>(kind))), (roles & (role::kEnds | role::kDrop)) != 0)
        << kind;
  }
  EXPECT_FALSE(has_role<role::kRecorded>(-1));
}

TEST(LwsTables, WhatBindsDropsAndBothAreRecorded) {
  for (const role::Row &row : role::kCallbacks) {
    const std::string name = row.name, bind = "BIND_PROTOCOL";
    if (is_bind(row.number) || is_drop(row.number)) {
      EXPECT_TRUE(has_role<role::kRecorded>(row.number)) << name;
    }
    if (!name.ends_with(bind)) continue;
    EXPECT_TRUE(is_bind(row.number)) << name;
    const std::string drop = name.substr(0, name.size() - bind.size()) + "DROP_PROTOCOL";
    EXPECT_TRUE(std::any_of(std::begin(role::kCallbacks), std::end(role::kCallbacks), [&](const role::Row &other) {
      return drop == other.name && is_drop(other.number);
    })) << drop;
  }
}

TEST(LwsTables, TimeoutsAreFoundByTheirNumber) {
  for (const TimeoutRow &row : kPendingTimeouts) EXPECT_EQ(pending_timeout(row.number), &row);
  EXPECT_EQ(pending_timeout(0), nullptr);
  EXPECT_EQ(pending_timeout(kApplicationTimeouts), nullptr);
}

TEST(LwsTables, WordsAreLookedUpWholeOrByTheirBeginning) {
  EXPECT_EQ(word_of("redir"), Word::kRedirected);
  EXPECT_EQ(word_of("redirect"), Word::kOther);
  EXPECT_EQ(word_of("h2 end stream 7"), Word::kStreamDone);
  EXPECT_EQ(word_of(""), Word::kOther);
  EXPECT_TRUE(lives_on(Word::kRedirected) && lives_on(Word::kAuthenticates));
  EXPECT_FALSE(lives_on(Word::kOther) || lives_on(Word::kSocketFailed));
  EXPECT_EQ(meaning_of(Word::kOther), nullptr);
  EXPECT_STREQ(meaning_of(Word::kWriteFailed), "writing failed");
}

TEST(LwsTables, TheFirstErrorThatFitsCounts) {
  EXPECT_EQ(error_word_of("HS: Rejected at CLIENT_ESTABLISHED"), ErrorWord::kRefusedByCallback);
  EXPECT_EQ(error_word_of("HS: ws upgrade response not 101"), ErrorWord::kUpgradeRefusedByPeer);
  EXPECT_EQ(error_word_of("HS: ACCEPT missing"), ErrorWord::kUpgradeRefusedByLws);
  EXPECT_EQ(error_word_of("HS: disallowed"), ErrorWord::kAnswerRefusedByCallback);
  EXPECT_EQ(error_word_of("somebody said Timed out"), ErrorWord::kOther);
}

}  // namespace
}  // namespace wsitrace
