// SPDX-License-Identifier: MIT
//
// What lws logs before it makes no context, and what is said of it.
#include "agent/diagnosis/not_made.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsitrace {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Logged {
  const char *format;  // as lws has it
  SaidLine line;
  const char *why;
};

TEST(WhyNotMade, LinesOfLwsAreKnownInEachVersion) {
  const Logged all[] = {
      {"OOM allocating %d fds\n", {}, "there was no memory for its tables of descriptors"},
      {"%s: OOM on alloc lws_lookup array for %d conn\n", {}, "there was no memory for its tables of descriptors"},
      {"OOM on alloc lws_lookup array for %d conn", {}, "there was no memory for its tables of descriptors"},
      {"%s: unknown username %s\n", {"alice", 0}, "there is no user 'alice'"},
      {"unknown groupname '%s'", {"staff", 0}, "there is no group 'staff'"},
      {"%s: getpwuid: unable to find uid %d\n", {{}, 8080}, "there is no user with id 8080"},
      {"cannot find name for gid %d", {{}, 7}, "there is no group with id 7"},
      {"%s: setgid: %s failed\n", {}, "this program may not change its user or group"},
      {"setuid: %s failed", {}, "this program may not change its user or group"},
      {"%s: unable to load evlib plugin %s\n", {"evlib_uv", 0}, "its event loop is missing"},
      {"Application wants libuv, but lws not built with it", {}, "its event loop is missing"},
      {"unable to use memory privkey\n", {}, "the private key in memory could not be used"},
      {"ssl private key not set\n", {"ssl private key not set", 0}, "the private key of the certificate is missing"},
  };
  for (const Logged &one : all) {
    const KnownLine *known = known_line(one.format);
    ASSERT_NE(known, nullptr) << one.format;
    const WhyNotMade why = why_not_made([&](Said said) { return said == known->said ? &one.line : nullptr; });
    EXPECT_EQ(why.text, one.why) << one.format;
    EXPECT_FALSE(why.advice.empty()) << one.format;
  }
}

TEST(WhyNotMade, WithoutALineTheReasonIsUnknown) {
  const WhyNotMade why = why_not_made([](Said) { return nullptr; });
  EXPECT_THAT(why.text, HasSubstr("no reason that wsitrace knows"));
  EXPECT_THAT(why.advice, StartsWith("switch on lws's log"));
}

}  // namespace
}  // namespace wsitrace
