// SPDX-License-Identifier: MIT
#include "agent/ring/host_map.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace wsitrace {
namespace {

constexpr const char *kIsNone = "the ring file is not one of wsitrace";

// Files that a path in the environment may name.
class HostMapOpen : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "host-map-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    place_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(place_); }

  std::string file(const std::string &text) {
    std::ofstream(place_ / "file", std::ios::binary) << text;
    return place_ / "file";
  }
  std::string text() {
    std::ifstream in(place_ / "file", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path place_;
  HostMap map_;
};

TEST_F(HostMapOpen, FileOfSomebodyElseIsRefusedAndStaysAsItWas) {
  const std::string precious(2 * sizeof(FileHeader), 'p');
  EXPECT_STREQ(map_.open(file(precious).c_str()), kIsNone);
  EXPECT_EQ(text(), precious);
  EXPECT_FALSE(map_.valid());
}

TEST_F(HostMapOpen, FileTooLargeToMapStaysAsItWas) {
  const std::string path = file("precious");
  std::filesystem::resize_file(path, uint64_t{1} << 43);  // sparse
  EXPECT_STREQ(map_.open(path.c_str()), kIsNone);
  std::filesystem::resize_file(path, 8);
  EXPECT_EQ(text(), "precious");
}

TEST_F(HostMapOpen, SymbolicLinkIsNotFollowed) {
  const std::string precious(2 * sizeof(FileHeader), 'p');
  std::filesystem::create_symlink(file(precious), place_ / "link");
  EXPECT_STREQ(map_.open((place_ / "link").c_str()), "the ring file cannot be opened");
  EXPECT_EQ(text(), precious);
}

TEST_F(HostMapOpen, WhatIsNoFileIsRefusedAtOnce) {
  ASSERT_EQ(mkfifo((place_ / "pipe").c_str(), 0600), 0);
  EXPECT_STREQ(map_.open((place_ / "pipe").c_str()), kIsNone);
  EXPECT_STREQ(map_.open("/dev/null"), kIsNone);
}

TEST_F(HostMapOpen, RingThatOthersMayWriteToIsRefusedAndSaysSo) {
  std::string ring(2 * sizeof(FileHeader), '\0');
  ring.replace(0, sizeof kRingMagic, kRingMagic, sizeof kRingMagic);
  const std::string path = file(ring);
  std::filesystem::permissions(path, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
  const std::string why = map_.open(path.c_str(), HostMap::Owner::kAny);
  EXPECT_EQ(why.substr(0, 6), "others");
  EXPECT_EQ(text().substr(offsetof(FileHeader, notice), why.size()), why);
  EXPECT_FALSE(map_.valid());
}

TEST_F(HostMapOpen, ErrnoIsPreserved) {
  errno = 71;
  EXPECT_NE(map_.open((place_ / "nowhere").c_str()), nullptr);
  EXPECT_EQ(errno, 71);
}

}  // namespace
}  // namespace wsitrace
