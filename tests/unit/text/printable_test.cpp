// SPDX-License-Identifier: MIT
#include "agent/text/printable.h"

#include <gtest/gtest.h>

#include "agent/text/callbacks.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

TEST(Printable, NothingObeysTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\r\n\t\x7f\\"), "a\\x1b[31mb\\r\\n\\t\\x7f\\\\");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable("caf\xc3\xa9 \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("\xed\xa0\x80\xff\xc3"), "\\xed\\xa0\\x80\\xff\\xc3");
}

TEST(Printable, NothingTurnsTextAround) {
  EXPECT_EQ(printable("a\u202eb\u2066\u200f\u2028"), "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6\\xe2\\x80\\x8f\\xe2\\x80\\xa8");
  EXPECT_EQ(printable("\u061c\u2026\u2039"), "\\xd8\\x9c\u2026\u2039");
}

TEST(Printable, NothingCommandsACiRunner) {
  EXPECT_EQ(printable("::set-output name=a::b"), "\\x3a:set-output name=a::b");
  EXPECT_EQ(printable("a \u00a0::error::b"), "a \u00a0\\x3a:error::b");
  EXPECT_EQ(printable("##[error]##vso[x]###"), "#\\x23[error]#\\x23vso[x]#\\x23#");
  EXPECT_EQ(printable("::1 ::ffff:127.0.0.1 std::string :a #1"), "::1 ::ffff:127.0.0.1 std::string :a #1");
}

TEST(Printable, AnyTwoBytesAreOneLineOfText) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string shown = printable(std::string{static_cast<char>(first), static_cast<char>(second)});
      for (const char c : shown) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
    }
  }
}

TEST(Wording, CallbacksHaveTheirNamesInLws) {
  EXPECT_EQ(callback_name(0), "LWS_CALLBACK_ESTABLISHED");
  EXPECT_EQ(callback_name(6), "LWS_CALLBACK_RECEIVE");
  EXPECT_EQ(callback_name(16), "LWS_CALLBACK_HTTP_WRITEABLE");
  EXPECT_EQ(callback_name(105), "LWS_CALLBACK_CONNECTING");
  EXPECT_EQ(callback_name(217), "callback 217");
  EXPECT_EQ(reason_name(1000), "LWS_CALLBACK_USER");
  EXPECT_EQ(reason_name(1003), "LWS_CALLBACK_USER + 3");
  EXPECT_EQ(reason_name(6), "LWS_CALLBACK_RECEIVE");
  EXPECT_EQ(callback_name(1005), "callback 1005") << "of our own, no callback";
  EXPECT_EQ(callback_name(-1), "callback -1");
}

TEST(Wording, SpansHaveThePrecisionThatMatters) {
  EXPECT_EQ(span_text(850), "850 ns");
  EXPECT_EQ(span_text(12'345), "12 µs");
  EXPECT_EQ(span_text(234'567), "0.2 ms");
  EXPECT_EQ(span_text(1'149'999), "1.1 ms");
  EXPECT_EQ(span_text(123'456'789), "123 ms");
  EXPECT_EQ(span_text(1'501'000'000), "1.50 s");
  EXPECT_EQ(span_text(200'000'000'000), "3 min 20 s");
  EXPECT_EQ(span_text(7'500'000'000'000), "2 h 5 min");
  EXPECT_EQ(span_text(100'000'000'000'000), "1 d 3 h");
  EXPECT_EQ(span_text(9, 4), "0 ns") << "a damaged log";
}

TEST(Wording, SharesDoNotRoundToNoneOrAll) {
  EXPECT_EQ(share_text(0, 7), "0 %");
  EXPECT_EQ(share_text(1, 1009), "less than 1 %");
  EXPECT_EQ(share_text(98, 100), "98 %");
  EXPECT_EQ(share_text(1008, 1009), "more than 99 %");
  EXPECT_EQ(share_text(7, 7), "100 %");
  EXPECT_EQ(share_text(7, 0), "0 %");
}

}  // namespace
}  // namespace wsitrace
