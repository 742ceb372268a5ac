// SPDX-License-Identifier: MIT
#include "agent/serve/idle_connections.h"

#include <gtest/gtest.h>

#include <array>

namespace wsitrace {
namespace {

// Never looked into: only the address counts.
lws *connection(size_t number) {
  static std::array<char, 101> places;
  return reinterpret_cast<lws *>(&places.at(number));
}

TEST(IdleConnections, TheOneThatIsIdleForLongestGoesFirst) {
  IdleConnections connections(3);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(connections.begun(connection(i)), nullptr);
  connections.is_busy(connection(0));
  connections.is_idle(connection(0));
  EXPECT_EQ(connections.begun(connection(3)), connection(1));
  EXPECT_EQ(connections.begun(connection(4)), connection(2));
  EXPECT_EQ(connections.begun(connection(5)), connection(0));
  EXPECT_EQ(connections.count(), 3u);
}

TEST(IdleConnections, WhoIsBusyStays) {
  IdleConnections connections(2);
  connections.begun(connection(0));
  connections.begun(connection(1));
  connections.is_busy(connection(0));
  EXPECT_EQ(connections.begun(connection(2)), connection(1));
  connections.is_busy(connection(2));
  EXPECT_EQ(connections.begun(connection(3)), nullptr);
}

TEST(IdleConnections, WhatHasEndedOrNeverBeganIsNothing) {
  IdleConnections connections(1);
  connections.is_busy(connection(7));
  connections.is_idle(connection(7));
  connections.ended(connection(7));
  connections.begun(connection(0));
  connections.ended(connection(0));
  EXPECT_EQ(connections.begun(connection(1)), nullptr);
  EXPECT_EQ(connections.begun(connection(1)), nullptr) << "an address that comes again";
}

}  // namespace
}  // namespace wsitrace
