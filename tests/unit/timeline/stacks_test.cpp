// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>

#include "agent/lws/callbacks.h"
#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

class Stacks : public testing::Test {
 protected:
  void tell(uint16_t kind, uint64_t wsi, int value, uint8_t tag, const void *bytes, size_t length) {
    std::vector<std::byte> items((length + 2 + kSlotBytes) / kSlotBytes * kSlotBytes);
    items[0] = std::byte{tag};
    items[1] = std::byte{static_cast<uint8_t>(length)};
    std::memcpy(&items[2], bytes, length);
    Event event{};
    event.time_ns = timeline_.last_event_ns() + 1;
    event.kind = kind;
    event.wsi = wsi;
    event.value = value;
    timeline_.on_event(event, items);
  }
  void stack(char wsi, int kind, const Stack &addresses) {
    tell(k_stack, Script::pointer(wsi), kind, kItemStack, addresses.data(), addresses.size() * sizeof addresses[0]);
  }
  const Connection &play(std::string_view words) {
    script_.play(words);
    return recorder_.on(Script::pointer('A'));
  }

  Recorder recorder_;
  Timeline timeline_{recorder_};
  Script script_{timeline_, Form::kPreload};
};

TEST_F(Stacks, FirstIsWhereItWasMadeAndBindsLastWhereItWasBound) {
  play("ACCEPT");
  stack('A', k_WSI_CREATE, {1, 2, 3});
  stack('A', k_HTTP_BIND_PROTOCOL, {4, 5});
  stack('A', k_HTTP_BIND_PROTOCOL, {6});
  stack('A', k_SERVER_NEW_CLIENT_INSTANTIATED, {7});
  const Connection &connection = play("DEST");
  EXPECT_EQ(connection.created_stack, (Stack{1, 2, 3}));
  EXPECT_EQ(connection.bound_stack, (Stack{6}));
}

TEST_F(Stacks, TheyBeginNoLifeAndChangeNone) {
  play("ACCEPT FH('/a')");
  const auto before = recorder_.said;
  const uint64_t opened = timeline_.totals().opened;
  stack('A', k_HTTP_BIND_PROTOCOL, {1});
  stack('Z', k_WSI_CREATE, {1});
  EXPECT_EQ(recorder_.said, before);
  EXPECT_EQ(timeline_.totals().opened, opened);
  EXPECT_EQ(timeline_.totals().stray_events, 0u);
}

TEST_F(Stacks, NextLifeOnThePointerHasNone) {
  play("ACCEPT");
  stack('A', k_WSI_CREATE, {1});
  play("DEST ACCEPT");
  EXPECT_TRUE(play("DEST").created_stack.empty());
}

TEST_F(Stacks, ModuleIsKeptWithItsBuildId) {
  const ModuleFacts facts{0x1000, 0x2000, 0x3000, {0xab, 0x01, 0xff}, 3};
  tell(k_module, 0, 0, kItemModule, &facts, sizeof facts);
  ASSERT_EQ(timeline_.modules().size(), 1u);
  EXPECT_EQ(timeline_.modules()[0].build_id, "ab01ff");
  EXPECT_EQ(timeline_.modules()[0].bias, 0x1000u);
}

TEST_F(Stacks, ModulesThatCannotBeAreIgnored) {
  ModuleFacts facts{0x1000, 0x3000, 0x2000, {}, 0};
  tell(k_module, 0, 0, kItemModule, &facts, sizeof facts);
  tell(k_module, 0, 0, kItemModule, &facts, 7);
  facts = {0, 1, 2, {1}, 4000000000u};
  tell(k_module, 0, 0, kItemModule, &facts, sizeof facts);
  ASSERT_EQ(timeline_.modules().size(), 1u);
  EXPECT_EQ(timeline_.modules()[0].build_id.size(), 40u);
}

}  // namespace
}  // namespace wsitrace::test
