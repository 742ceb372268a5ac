// SPDX-License-Identifier: MIT
#include "agent/probe/finals.h"

#include <gtest/gtest.h>

#include <libwebsockets.h>

#include <string_view>

namespace wsitrace {
namespace {

class Finals : public testing::Test {
 protected:
  ~Finals() override { forget_final(wsi()); }

  [[nodiscard]] const void *wsi() const { return this; }
  void promise(std::string_view length) {
    note_content_length(wsi(), reinterpret_cast<const unsigned char *>(length.data()), static_cast<int>(length.size()));
  }
  void write(size_t bytes, unsigned protocol = LWS_WRITE_HTTP) { note_response_bytes(wsi(), nullptr, bytes, protocol); }
  void chunk(std::string_view text) {
    note_response_bytes(wsi(), reinterpret_cast<const unsigned char *>(text.data()), text.size(), LWS_WRITE_HTTP);
  }
  void head(unsigned flags = 0) { write(211, LWS_WRITE_HTTP_HEADERS | flags); }
};

TEST_F(Finals, OnlyWritesOfResponsesAreLookedAt) {
  for (const unsigned protocol : {LWS_WRITE_HTTP, LWS_WRITE_HTTP_FINAL, LWS_WRITE_HTTP_HEADERS})
    EXPECT_TRUE(is_of_response(protocol)) << protocol;
  EXPECT_TRUE(is_of_response(LWS_WRITE_HTTP_HEADERS | LWS_WRITE_NO_FIN | LWS_WRITE_H2_STREAM_END));
  for (const unsigned protocol : {LWS_WRITE_TEXT, LWS_WRITE_BINARY, LWS_WRITE_CONTINUATION, LWS_WRITE_PING,
                                  LWS_WRITE_PONG, LWS_WRITE_HTTP_HEADERS_CONTINUATION})
    EXPECT_FALSE(is_of_response(protocol)) << protocol;
  EXPECT_FALSE(is_of_response(LWS_WRITE_TEXT | LWS_WRITE_NO_FIN));
}

TEST_F(Finals, LastWriteMakesItWhole) {
  head();
  write(101);
  EXPECT_LT(take_final(wsi()).ago_ms, 0);
  write(101, LWS_WRITE_HTTP_FINAL);
  const Final final = take_final(wsi());
  EXPECT_GE(final.ago_ms, 0);
  EXPECT_FALSE(final.cut_short);
  EXPECT_LT(take_final(wsi()).ago_ms, 0) << "it was taken";
}

TEST_F(Finals, StreamOfEmptyResponseEndsOnlyWhenAsked) {
  promise("0");
  head();
  EXPECT_EQ(missing_ends(wsi()), kStreamNotEnded);
  head(LWS_WRITE_H2_STREAM_END);
  EXPECT_EQ(missing_ends(wsi()), 0);
}

TEST_F(Finals, StreamEndsWithLastPromisedByte) {
  promise("101");
  head();
  write(100);
  EXPECT_EQ(missing_ends(wsi()), kStreamNotEnded);
  write(1);
  EXPECT_EQ(missing_ends(wsi()), 0);
}

TEST_F(Finals, ChunksEndWithOneOfLengthZero) {
  note_chunked(wsi());
  head();
  chunk("6\r\nhello\n\r\n");
  EXPECT_EQ(missing_ends(wsi()) & kChunksNotEnded, kChunksNotEnded);
  chunk("0\r\n\r\n");
  EXPECT_EQ(missing_ends(wsi()) & kChunksNotEnded, 0);
}

TEST_F(Finals, AsManyBytesAsWerePromisedMakeItWhole) {
  promise("101");
  head();
  write(100);
  write(1);
  const Final final = take_final(wsi());
  EXPECT_GE(final.ago_ms, 0);
  EXPECT_FALSE(final.cut_short || final.status_page);
}

TEST_F(Finals, FewerBytesThanPromisedDoNot) {
  promise("101");
  head();
  write(100);
  EXPECT_LT(take_final(wsi()).ago_ms, 0);
}

TEST_F(Finals, PartTellsHowMuchOfWhatWasPromisedWasSent) {
  promise("101");
  head();
  write(7);
  ResponseFacts facts{};
  ASSERT_TRUE(take_part(wsi(), facts));
  EXPECT_EQ(facts.promised_bytes, 101u);
  EXPECT_EQ(facts.sent_bytes, 7u);
  EXPECT_LT(facts.written_ms, UINT32_MAX);
  EXPECT_FALSE(take_part(wsi(), facts)) << "it was taken";
}

TEST_F(Finals, PartOfAHeadAloneHasNoBody) {
  head();
  ResponseFacts facts{};
  ASSERT_TRUE(take_part(wsi(), facts));
  EXPECT_EQ(facts.promised_bytes, UINT64_MAX);
  EXPECT_EQ(facts.sent_bytes, 0u);
  EXPECT_EQ(facts.written_ms, UINT32_MAX);
}

TEST_F(Finals, WholeResponseIsNoPart) {
  promise("7");
  head();
  write(7);
  ResponseFacts facts{};
  EXPECT_TRUE(is_whole(wsi()));
  EXPECT_FALSE(take_part(wsi(), facts));
}

TEST_F(Finals, LastWriteOfFewerThanPromisedIsCutShort) {
  promise("101");
  head();
  write(100, LWS_WRITE_HTTP_FINAL);
  EXPECT_TRUE(take_final(wsi()).cut_short);
}

TEST_F(Finals, PromiseOfNothingIsKeptByTheHead) {
  promise("0");
  head(LWS_WRITE_H2_STREAM_END);
  EXPECT_GE(take_final(wsi()).ago_ms, 0);
}

TEST_F(Finals, HeadThatGoesOutWithTheBodyIsNotCounted) {
  promise("101");
  write(211);
  EXPECT_LT(take_final(wsi()).ago_ms, 0);
  promise("101");
  write(211, LWS_WRITE_HTTP_FINAL);
  EXPECT_FALSE(take_final(wsi()).cut_short);
}

TEST_F(Finals, HeaderThatIsNoNumberIsNoPromise) {
  for (const char *value : {"", "text/plain", "12 ", "-1", "1234567890123456789"}) {
    promise(value);
    head();
    write(4096);
    EXPECT_LT(take_final(wsi()).ago_ms, 0) << value;
  }
}

TEST_F(Finals, StatusPageIsWholeAndSaysSo) {
  promise("170");
  write(300);
  note_status_page(wsi());
  const Final final = take_final(wsi());
  EXPECT_GE(final.ago_ms, 0);
  EXPECT_TRUE(final.status_page);
  EXPECT_FALSE(final.cut_short);
}

TEST_F(Finals, StatusPageOfAStreamIsWholeWithItsBody) {
  promise("170");
  head();
  note_status_page(wsi());
  EXPECT_LT(take_final(wsi()).ago_ms, 0) << "lws sends the body later";
  promise("170");
  head();
  note_status_page(wsi());
  write(170, LWS_WRITE_HTTP_FINAL);
  EXPECT_GE(take_final(wsi()).ago_ms, 0);
}

TEST_F(Finals, BodyWhereNoneMayBeHasTheWrongLength) {
  ResponseFacts facts;
  note_bodiless(wsi());
  promise("101");
  head();
  write(101);
  ASSERT_TRUE(take_wrong_length(wsi(), facts));
  EXPECT_EQ(facts.promised_bytes, 0U);
  EXPECT_EQ(facts.sent_bytes, 101U);
  note_bodiless(wsi());
  promise("101");
  head();
  EXPECT_FALSE(take_wrong_length(wsi(), facts)) << "the length that the body would have is no body";
  promise("101");
  head();
  write(101);
  EXPECT_FALSE(take_wrong_length(wsi(), facts)) << "that was of the request before";
}

TEST_F(Finals, RequestWithoutABodyIsNoResponse) {
  ResponseFacts facts;
  note_bodiless(wsi());
  EXPECT_FALSE(take_part(wsi(), facts));
}

TEST_F(Finals, CompletedOneIsForgotten) {
  write(101, LWS_WRITE_HTTP_FINAL);
  forget_final(wsi());
  EXPECT_LT(take_final(wsi()).ago_ms, 0);
}

}  // namespace
}  // namespace wsitrace
