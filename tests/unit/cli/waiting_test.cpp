// SPDX-License-Identifier: MIT
#include "agent/cli/run/waiting.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

namespace wsitrace {
namespace {

constexpr const char *kRing = "/dev/shm/wsitrace-0/janus.7.ring";

MappedFiles in(const std::string &text) {
  std::istringstream maps(text);
  return mapped_files(maps, kRing);
}

TEST(MappedFiles, RingAndLibraryAreRecognised) {
  const MappedFiles found =
      in("7f00-7f01 rw-s 00000000 00:19 5   /dev/shm/wsitrace-0/janus.7.ring\n"
         "7f02-7f03 r-xp 00000000 fe:00 6   /usr/lib/x86_64-linux-gnu/libwebsockets.so.17\n");
  EXPECT_TRUE(found.ring);
  EXPECT_TRUE(found.lws);
}

TEST(MappedFiles, RingOfAnotherRunIsNotOurs) {
  EXPECT_FALSE(in("7f00-7f01 rw-s 00000000 00:19 5 /dev/shm/wsitrace-0/janus.71.ring\n").ring);
  EXPECT_FALSE(in("7f00-7f01 rw-s 00000000 00:19 5 /dev/shm/wsitrace-0/janus.7.ring (deleted)\n").ring);
}

TEST(MappedFiles, AnonymousMemoryIsNothing) {
  const MappedFiles found = in("7f00-7f01 rw-p 00000000 00:00 0\n7f02-7f03 rw-p 00000000 00:00 0   [stack]\n");
  EXPECT_FALSE(found.ring || found.lws);
}

TEST(FindForeignUser, ProcessOfOurOwnUserIsNone) { EXPECT_EQ(find_foreign_user(::getpid(), kRing), std::nullopt); }

TEST(FindExpected, ProcessWithoutTheRingIsNotWaitedFor) { EXPECT_EQ(find_expected({::getpid(), 1}, kRing, 0), 0); }

}  // namespace
}  // namespace wsitrace
