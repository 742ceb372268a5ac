// SPDX-License-Identifier: MIT
#include "agent/cli/run/preload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace wsitrace {
namespace {

using ::testing::ElementsAre;

constexpr const char *kOurs = "/opt/lib/libwsitrace_preload.so";

TEST(PreloadList, OursAloneWhenThereIsNoOther) { EXPECT_EQ(preload_list(kOurs, "", {}), kOurs); }

TEST(PreloadList, OursComesBeforeWhatIsThere) {
  EXPECT_EQ(preload_list(kOurs, "libfoo.so  /lib/bar.so", {}), std::string(kOurs) + ":libfoo.so:/lib/bar.so");
}

TEST(PreloadList, SanitizerRuntimeStaysFirst) {
  EXPECT_EQ(preload_list(kOurs, "/usr/lib/libasan.so.8:libfoo.so", {}),
            std::string("/usr/lib/libasan.so.8:") + kOurs + ":libfoo.so");
}

TEST(PreloadList, SanitizerRuntimeThatTheProgramNeedsIsPutFirst) {
  EXPECT_EQ(preload_list(kOurs, "", {"libwebsockets.so.17", "libasan.so.8", "libc.so.6"}),
            std::string("libasan.so.8:") + kOurs);
  EXPECT_EQ(preload_list(kOurs, "/usr/lib/libasan.so.8", {"libasan.so.8"}),
            std::string("/usr/lib/libasan.so.8:") + kOurs);
}

TEST(PreloadList, PathThatTheLoaderWouldSplitIsNoted) {
  EXPECT_TRUE(can_be_preloaded(kOurs));
  EXPECT_FALSE(can_be_preloaded("/home/a user/lib.so"));
  EXPECT_FALSE(can_be_preloaded("/home/a:b/lib.so"));
}

TEST(Environment, VariablesAreReplacedAndOthersKept) {
  std::string home = "HOME=/root", old_ring = "WSITRACE_RING=/old", similar = "WSITRACE_RINGS=3", odd = "nothing";
  char *environment[] = {home.data(), old_ring.data(), similar.data(), odd.data(), nullptr};
  EXPECT_THAT(environment_with(environment, {{"WSITRACE_RING", "/new"}}),
              ElementsAre("HOME=/root", "WSITRACE_RINGS=3", "nothing", "WSITRACE_RING=/new"));
}

TEST(FindPreloadLibrary, GivenFileMustBeThere) {
  ::setenv("WSITRACE_PRELOAD", "/nowhere/lib.so", 1);
  const auto missing = find_preload_library("/usr/bin/wsitrace");
  ::setenv("WSITRACE_PRELOAD", "/proc/self/exe", 1);
  const auto given = find_preload_library("/usr/bin/wsitrace");
  ::unsetenv("WSITRACE_PRELOAD");
  EXPECT_FALSE(missing);
  ASSERT_TRUE(given);
  EXPECT_EQ(*given, own_executable());
}

TEST(FindPreloadLibrary, InstallationWithoutItIsNamed) {
  ::unsetenv("WSITRACE_PRELOAD");
  const auto missing = find_preload_library("/nowhere/bin/wsitrace");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().line().find("/nowhere/bin/wsitrace"), std::string::npos);
}

}  // namespace
}  // namespace wsitrace
