// SPDX-License-Identifier: MIT
#include "agent/text/frames_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsitrace::test {
namespace {

using testing::ElementsAre;

Frame frame(const std::string &module, const std::string &function, const std::string &file, int line) {
  Frame made;
  made.address = 0x7f0000001230;
  made.module = module;
  made.offset = 0x1230;
  made.function = function;
  made.file = file;
  made.line = line;
  return made;
}

const Frame kOfLws = frame("/usr/lib/libwebsockets.so.17", "lws_service", "service.c", 9);

TEST(FramesText, FromTheFirstFrameOutsideOfLwsToMain) {
  EXPECT_THAT(
      lines_of({kOfLws, kOfLws, frame("/bin/app", "again", "src/client.c", 41), kOfLws,
                frame("/bin/app", "main", "src/main.c", 7), frame("/lib/libc.so.6", "__libc_start_main", "", 0)}),
      ElementsAre("again  src/client.c:41", "lws_service  service.c:9", "main  src/main.c:7"));
}

TEST(FramesText, MainThatBecameAJumpEndsWithItsCaller) {
  EXPECT_THAT(
      lines_of({frame("/bin/app", "run", "a.c", 1), frame("/lib/libc.so.6", "__libc_start_call_main", "x.h", 58)}),
      ElementsAre("run  a.c:1"));
}

TEST(FramesText, WhatIsKnownIsShown) {
  EXPECT_THAT(lines_of({frame("/bin/app", "run", "", 0), frame("/bin/app", "", "", 0), frame("", "", "", 0)}),
              ElementsAre("run  in /bin/app", "0x1230 in /bin/app", "0x7f0000001230"));
}

TEST(FramesText, StackOfNothingButLwsIsShownAsItIs) {
  EXPECT_THAT(lines_of({kOfLws}), ElementsAre("lws_service  service.c:9"));
  EXPECT_TRUE(lines_of({}).empty());
}

TEST(FramesText, NamesAreMadePrintable) {
  EXPECT_EQ(lines_of({frame("/bin/a", "f\x1b[2J", "a\n.c", 1)})[0].find_first_of("\x1b\n"), std::string::npos);
}

}  // namespace
}  // namespace wsitrace::test
