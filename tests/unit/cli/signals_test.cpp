// SPDX-License-Identifier: MIT
#include "agent/cli/run/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wsitrace {
namespace {

constexpr uint32_t kShell = 4711, kTimeout = 4713;

constexpr bool kInGroup = true, kElsewhere = false;

ReceivedSignal to_launcher(int number, uint32_t sender = kShell) { return {number, false, sender}; }
ReceivedSignal to_group(int number, uint32_t sender = kShell) { return {number, true, sender}; }

TEST(Forwarding, WhatTheGroupGotHasReachedTheProgramAlready) {
  Forwarding forwarding;
  for (const int number : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT})
    EXPECT_FALSE(forwarding.accepts(to_group(number), kInGroup, 0)) << number;
}

TEST(Forwarding, WhatTheGroupGotIsHandedOnToAProgramThatHasLeftIt) {
  EXPECT_TRUE(Forwarding().accepts(to_group(SIGINT), kElsewhere, 0));
}

TEST(Forwarding, WhatTheLauncherAloneGotIsHandedOn) {
  Forwarding forwarding;
  for (const int number : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT})
    EXPECT_TRUE(forwarding.accepts(to_launcher(number), kInGroup, 0)) << number;
}

TEST(Forwarding, SignalSentTwiceToTheLauncherIsHandedOnTwice) {
  Forwarding forwarding;
  EXPECT_TRUE(forwarding.accepts(to_launcher(SIGTERM), kInGroup, 1000));
  EXPECT_TRUE(forwarding.accepts(to_launcher(SIGTERM), kInGroup, 1001));
}

TEST(Forwarding, EndOfAChildIsNobodyElsesBusiness) {
  EXPECT_FALSE(Forwarding().accepts(to_launcher(SIGCHLD), kInGroup, 0));
}

TEST(Forwarding, SignalSentToTheGroupAndAtOnceToTheLauncherIsOne) {
  Forwarding forwarding;
  EXPECT_FALSE(forwarding.accepts(to_group(SIGTERM, kTimeout), kInGroup, 1000));
  EXPECT_FALSE(forwarding.accepts(to_launcher(SIGTERM, kTimeout), kInGroup, 1000 + Forwarding::kRepeatNs - 1));
  EXPECT_TRUE(forwarding.accepts(to_launcher(SIGTERM, kTimeout), kInGroup, 1000 + Forwarding::kRepeatNs));
}

TEST(Forwarding, AnotherSenderOrSignalIsNoRepetition) {
  Forwarding forwarding;
  forwarding.accepts(to_group(SIGTERM), kInGroup, 0);
  EXPECT_TRUE(forwarding.accepts(to_launcher(SIGTERM, kTimeout), kInGroup, 0));
  EXPECT_TRUE(forwarding.accepts(to_launcher(SIGHUP), kInGroup, 0));
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
    EXPECT_FALSE(received[0].to_group);
    EXPECT_EQ(received[0].sender_pid, static_cast<uint32_t>(::getpid()));
  }
  ::sigprocmask(SIG_BLOCK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGUSR2), sigismember(&after, SIGUSR2));
}

// In a process group of its own, which it signals. What it exits with: how many of the signals were taken for sent to the group.
int group_signals_told_apart() {
  ::setpgid(0, 0);
  auto signals = Signals::take_over();
  if (!signals) return 255;
  int to_group = 0, to_us = 0;
  for (int i = 0; i < 101; ++i) {
    const bool group = i % 3 == 0;
    if (group) ::kill(0, SIGUSR2);
    else ::kill(::getpid(), SIGUSR2);
    for (const ReceivedSignal &signal : signals->wait(10'000)) {
      if (signal.number != SIGUSR2 || signal.to_group != group) return 254;
      ++(signal.to_group ? to_group : to_us);
    }
  }
  return to_group + to_us == 101 ? to_group : 253;
}

TEST(Signals, SignalToTheGroupIsToldFromOneToTheLauncherAlone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(group_signals_told_apart());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 34);
}

}  // namespace
}  // namespace wsitrace
