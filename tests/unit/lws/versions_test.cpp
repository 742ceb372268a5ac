// SPDX-License-Identifier: MIT
#include "agent/lws/versions.h"

#include <gtest/gtest.h>

namespace wsitrace {
namespace {

TEST(LwsVersion, CheckedOnesAreAccepted) {
  for (const char *version :
       {"4.1.6-", "4.1.6-Debian", "4.2.0-v4.2.0", "4.3.5-unknown", "4.3.10-x", "4.4.2", "4.5.8-v4.5.8", "5.0.0-a"})
    EXPECT_TRUE(is_checked_version(version)) << version;
}

TEST(LwsVersion, OthersAreRefused) {
  for (const char *version :
       {"4.1.5-x", "4.0.20", "3.2.3", "4.6.0", "5.1.0", "6.0.0", "", "4", "4.3", "x.y.z", "44.1.6", "4.1.-6"})
    EXPECT_FALSE(is_checked_version(version)) << version;
  EXPECT_FALSE(is_checked_version(nullptr));
}

}  // namespace
}  // namespace wsitrace
