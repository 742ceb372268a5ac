// SPDX-License-Identifier: MIT
#include "agent/cli/run/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

// A dynamic program that links nothing of interest.
Silence of_a_program() {
  Silence silence;
  silence.program = "tool";
  silence.facts = ProgramFacts{"/bin/tool", false, {true, true, true, {"libc.so.6"}}};
  silence.find_own_lws = [] { return OwnLws::kNone; };
  return silence;
}

TEST(Silence, ProgramWithoutLwsIsSaidToHaveNone) {
  EXPECT_THAT(explain(of_a_program()).line(), HasSubstr("wsitrace: tool: no libwebsockets was seen"));
}

TEST(Silence, ScriptIsSaidToHaveStartedNothingWithLws) {
  Silence silence = of_a_program();
  silence.facts->elf = {};
  EXPECT_THAT(explain(silence).why, HasSubstr("in what it started"));
}

TEST(Silence, StaticLwsIsNamedWithAWayOut) {
  Silence silence = of_a_program();
  silence.find_own_lws = [] { return OwnLws::kDefined; };
  EXPECT_THAT(explain(silence).why, HasSubstr("is linked statically into it"));
  EXPECT_THAT(explain(silence).hint, HasSubstr("wsitrace.h"));
}

TEST(Silence, GuessedStaticLwsIsSaidToBeAGuess) {
  Silence silence = of_a_program();
  silence.find_own_lws = [] { return OwnLws::kNamed; };
  EXPECT_THAT(explain(silence).why, HasSubstr("seems"));
}

TEST(Silence, NameOfLwsInAProgramThatLinksItIsNoStaticLws) {
  Silence silence = of_a_program();
  silence.facts->elf.needed = {"libwebsockets.so.17"};
  silence.find_own_lws = [] { return OwnLws::kNamed; };
  EXPECT_THAT(explain(silence).why, HasSubstr("did not use it"));
}

TEST(Silence, StaticProgramIsSaidToIgnorePreloading) {
  Silence silence = of_a_program();
  silence.facts->elf.dynamic = false;
  EXPECT_THAT(explain(silence).why, HasSubstr("LD_PRELOAD has no effect"));
}

TEST(Silence, SetUserIdProgramIsSaidToRefusePreloading) {
  Silence silence = of_a_program();
  silence.facts->secure = true;
  EXPECT_THAT(explain(silence).why, HasSubstr("more rights"));
}

TEST(Silence, ProgramOfAnotherMachineIsSaidToBeOne) {
  Silence silence = of_a_program();
  silence.facts->elf = {true, false, false, {}};
  EXPECT_THAT(explain(silence).why, HasSubstr("another kind of machine"));
}

TEST(Silence, ProgramOfAnotherUserIsSaidToBeKeptOut) {
  Silence silence = of_a_program();
  silence.user = 65534;
  EXPECT_THAT(explain(silence).why, HasSubstr("user 65534, who may not open the rings"));
}

TEST(Silence, WhatTheProcessSaidOutweighsWhatItsFileSays) {
  Silence silence = of_a_program();
  silence.find_own_lws = [] { return OwnLws::kDefined; };
  silence.ring_notice = "no address space";
  EXPECT_THAT(explain(silence).why, HasSubstr("no address space"));
  silence.process_notice = "this libwebsockets was not checked";
  EXPECT_THAT(explain(silence).why, HasSubstr("was not checked"));
}

}  // namespace
}  // namespace wsitrace
