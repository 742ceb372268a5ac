// SPDX-License-Identifier: MIT
#include "agent/cli/run/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace wsitrace {
namespace {

constexpr uint32_t kShell = 4711, kTimeout = 4713;

ReceivedSignal sent(int number, uint32_t sender = kShell) { return {number, true, sender}; }
ReceivedSignal typed(int number) { return {number, false, 0}; }

TEST(Forwarding, WhatTheTerminalSentHasReachedTheProgramAlready) {
  Forwarding forwarding;
  EXPECT_FALSE(forwarding.accepts(typed(SIGINT), 0));
  EXPECT_FALSE(forwarding.accepts(typed(SIGQUIT), 0));
}

TEST(Forwarding, WhatAProcessSentToTheLauncherIsHandedOn) {
  Forwarding forwarding;
  for (const int number : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT})
    EXPECT_TRUE(forwarding.accepts(sent(number), 0)) << number;
}

TEST(Forwarding, HangupOfTheTerminalIsHandedOn) { EXPECT_TRUE(Forwarding().accepts(typed(SIGHUP), 0)); }

TEST(Forwarding, EndOfAChildIsNobodyElsesBusiness) { EXPECT_FALSE(Forwarding().accepts(sent(SIGCHLD), 0)); }

TEST(Forwarding, SignalSentTwiceAtOnceIsOne) {
  Forwarding forwarding;
  EXPECT_TRUE(forwarding.accepts(sent(SIGTERM, kTimeout), 1000));
  EXPECT_FALSE(forwarding.accepts(sent(SIGTERM, kTimeout), 1000 + Forwarding::kRepeatNs - 1));
  EXPECT_TRUE(forwarding.accepts(sent(SIGTERM, kTimeout), 1000 + Forwarding::kRepeatNs));
}

TEST(Forwarding, AnotherSenderOrSignalIsNoRepetition) {
  Forwarding forwarding;
  forwarding.accepts(sent(SIGTERM), 0);
  EXPECT_TRUE(forwarding.accepts(sent(SIGTERM, kTimeout), 0));
  EXPECT_TRUE(forwarding.accepts(sent(SIGHUP), 0));
}

TEST(Signals, SignalIsReceivedInsteadOfKillingAndTheMaskComesBack) {
  sigset_t before, after;
  ::sigprocmask(SIG_BLOCK, nullptr, &before);
  {
    auto signals = Signals::take_over();
    ASSERT_TRUE(signals);
    ::kill(::getpid(), SIGUSR2);
    const auto received = signals->wait(1000);
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].number, SIGUSR2);
    EXPECT_TRUE(received[0].from_process);
    EXPECT_EQ(received[0].sender_pid, static_cast<uint32_t>(::getpid()));
  }
  ::sigprocmask(SIG_BLOCK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGUSR2), sigismember(&after, SIGUSR2));
}

}  // namespace
}  // namespace wsitrace
