// SPDX-License-Identifier: MIT
#include "agent/cli/run/ring_place.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace wsitrace {
namespace {

class RingPlaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/wsitrace-place-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string &name) const { return directory_ + "/" + name; }

  std::string directory_;
  RingFileOptions small_{
      .ring_slots = kMinRingSlots, .ring_count = 2, .process_count = 2, .spare_rings = 1, .spare_processes = 1};
};

TEST_F(RingPlaceTest, DirectoryIsMadeForThisUserAlone) {
  ASSERT_TRUE(make_private_directory(path("own")));
  struct stat facts {};
  ASSERT_EQ(::stat(path("own").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0700u);
  EXPECT_TRUE(make_private_directory(path("own")));
}

TEST_F(RingPlaceTest, DirectoryThatOthersMayEnterIsRefused) {
  ::mkdir(path("open").c_str(), 0700);
  ::chmod(path("open").c_str(), 0711);
  EXPECT_FALSE(make_private_directory(path("open")));
}

TEST_F(RingPlaceTest, SymbolicLinkIsRefused) {
  ASSERT_TRUE(make_private_directory(path("own")));
  ASSERT_EQ(::symlink(path("own").c_str(), path("link").c_str()), 0);
  EXPECT_FALSE(make_private_directory(path("link")));
}

TEST_F(RingPlaceTest, RingIsNamedByProgramAndLauncher) {
  const auto ring = make_ring({{path("own"), true}}, "/usr/sbin/janus", small_);
  ASSERT_TRUE(ring) << ring.error().line();
  EXPECT_EQ(ring->path(), path("own/janus." + std::to_string(::getpid()) + ".ring"));
}

TEST_F(RingPlaceTest, PlaceThatDoesNotWorkIsSkipped) {
  std::ofstream(path("file")) << "not a directory";
  const auto ring = make_ring({{path("file"), true}, {path("missing"), false}, {directory_, false}}, "janus", small_);
  ASSERT_TRUE(ring);
  EXPECT_EQ(std::filesystem::path(ring->path()).parent_path(), directory_);
}

TEST_F(RingPlaceTest, ErrorIsThatOfTheFirstPlace) {
  const auto ring = make_ring({{path("missing/one"), true}, {path("missing/two"), false}}, "janus", small_);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().what, path("missing/one"));
}

TEST_F(RingPlaceTest, RingThatWasLeftBehindStaysWhereItIs) {
  const auto first = make_ring({{directory_, false}}, "janus", small_);
  const auto second = make_ring({{directory_, false}}, "janus", small_);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->path(), second->path());
}

}  // namespace
}  // namespace wsitrace
