// SPDX-License-Identifier: MIT
#include "agent/diagnosis/house.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

#include "agent/lws/callbacks.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Street {
  Timeline timeline;
  House house;
  uint64_t vhosts = 0, connections = 0;

  Street() { timeline.on_string(1, "app"); }

  void happens(uint16_t kind, uint64_t wsi, int value, std::span<const std::byte> items = {}) {
    Event event{};
    event.kind = kind;
    event.time_ns = 1000 + ++vhosts;
    event.wsi = wsi;
    event.vhost = 1;
    event.value = value;
    house.surroundings(event, items, timeline);
  }
  void client_comes() {
    Connection connection;
    connection.id = ++connections;
    connection.cls = ConnectionClass::kClient;
    house.opened(connection);
  }
  std::vector<Diagnosis> diagnoses(bool by_preload = true) const {
    LogFacts log;
    log.by_preload = by_preload;
    std::vector<Diagnosis> out;
    house.add(out, log);
    return out;
  }
  // With a client before each.
  void makes(int count, int port) {
    for (int i = 0; i < count; ++i) {
      client_comes();
      happens(k_vhost_created, 0x1000 + vhosts, port);
    }
  }
};

std::vector<std::byte> mount(std::string_view path, uint8_t stated) {
  const MountFacts facts{6, stated, static_cast<uint8_t>(path.size()), 0};
  std::vector<std::byte> out(2 + sizeof facts + path.size());
  out[0] = std::byte{kItemMount};
  out[1] = static_cast<std::byte>(sizeof facts + path.size());
  std::memcpy(&out[2], &facts, sizeof facts);
  std::memcpy(&out[2 + sizeof facts], path.data(), path.size());
  return out;
}

TEST(House, OneVhostForEachClientIsAPile) {
  Street street;
  street.makes(5, -1);
  ASSERT_THAT(street.diagnoses(), SizeIs(1));
  EXPECT_EQ(street.diagnoses()[0].count, 5U);
  EXPECT_THAT(street.diagnoses()[0].headline, HasSubstr("created 5 vhosts"));
}

TEST(House, FewerOrListeningOrUnseenVhostsAreNone) {
  Street few, listening, unseen;
  few.makes(4, -1);
  listening.makes(7, 7681);
  unseen.makes(7, -1);
  EXPECT_THAT(few.diagnoses(), IsEmpty());
  EXPECT_THAT(listening.diagnoses(), IsEmpty());
  EXPECT_THAT(unseen.diagnoses(false), IsEmpty());
}

TEST(House, VhostsThatComeWithTheirContextAreNone) {
  Street street;
  for (int i = 0; i < 7; ++i) {
    street.client_comes();
    street.happens(k_context_begins, 0, 0);
    street.happens(k_vhost_created, 0x1000 + street.vhosts, -1);
    street.happens(k_context_created, 0x9000 + street.vhosts, 0);
  }
  EXPECT_THAT(street.diagnoses(), IsEmpty());
}

TEST(House, VhostsThatAreDestroyedAreNone) {
  Street street;
  for (int i = 0; i < 7; ++i) {
    street.client_comes();
    street.happens(k_vhost_created, 0x1000, -1);
    street.happens(k_vhost_destroyed, 0x1000, -1);
  }
  EXPECT_THAT(street.diagnoses(), IsEmpty());
}

TEST(House, MountsBelongToTheVhostThatWasMadeBefore) {
  Street street;
  street.happens(k_vhost_created, 0x1000, -1);
  street.happens(k_mount_known, 0, 0, mount("/orders", 6));
  ASSERT_THAT(street.house.mounts_of("app"), SizeIs(1));
  EXPECT_EQ(street.house.mounts_of("app")[0].path, "/orders");
  EXPECT_EQ(street.house.mounts_of("app")[0].stated_bytes, 6U);
  EXPECT_EQ(street.house.mounts_of("app")[0].real_bytes, 7U);
  EXPECT_THAT(street.house.mounts_of("other"), IsEmpty());
}

TEST(House, AMountThatIsCutOffIsNone) {
  Street street;
  street.happens(k_vhost_created, 0x1000, -1);
  const std::vector<std::byte> whole = mount("/orders", 6);
  street.happens(k_mount_known, 0, 0, std::span(whole).first(4));
  EXPECT_THAT(street.house.mounts_of("app"), IsEmpty());
}

}  // namespace
}  // namespace wsitrace::test
