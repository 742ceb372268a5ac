// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/session_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace wsitrace::test {
namespace {

class SessionMemoryTest : public testing::Test {
 protected:
  static Connection connection(uint64_t id) {
    Connection made;
    made.id = id;
    made.vhost = "app";
    made.bindings.push_back({"own", 1, 2, "close"});
    return made;
  }
  void left(uint64_t id, uint64_t pointer) {
    std::array<std::byte, 16> items{};
    items[0] = std::byte{kItemPointer};
    items[1] = std::byte{sizeof pointer};
    std::memcpy(&items[2], &pointer, sizeof pointer);
    memory_.left(connection(id), items);
  }
  void closed(uint64_t id) { memory_.closed(connection(id)); }
  std::vector<Finding> findings() {
    Groups groups;
    memory_.judge(groups);
    return groups.findings(10);
  }

  SessionMemory memory_;
};

TEST_F(SessionMemoryTest, PointerOfOneConnectionIsFound) {
  left(7, 0x1000);
  closed(7);
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_EQ(findings()[0].kind, Cause::kSessionMemoryLeft);
  EXPECT_EQ(findings()[0].connections, std::vector<uint64_t>{7});
  EXPECT_EQ(findings()[0].protocol, "own");
}

TEST_F(SessionMemoryTest, OpenConnectionMayYetFreeIt) {
  left(7, 0x1000);
  EXPECT_TRUE(findings().empty());
}

TEST_F(SessionMemoryTest, LaterDropThatClearsItCounts) {
  left(7, 0x1000);
  memory_.dropped(connection(7));
  closed(7);
  EXPECT_TRUE(findings().empty());
}

TEST_F(SessionMemoryTest, PointerThatSeveralHadIsNoSessions) {
  for (const uint64_t id : {7, 8, 9}) {
    left(id, 0x1000);
    closed(id);
  }
  left(10, 0x2000);
  closed(10);
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_EQ(findings()[0].connections, std::vector<uint64_t>{10});
}

TEST_F(SessionMemoryTest, BrokenItemSaysNothing) {
  const std::array<std::byte, 4> cut{std::byte{kItemPointer}, std::byte{8}};
  memory_.left(connection(7), cut);
  closed(7);
  EXPECT_TRUE(findings().empty());
}

}  // namespace
}  // namespace wsitrace::test
