// SPDX-License-Identifier: MIT
//
// Both formats of SliceReport, read back. What is peculiar to Chrome's is in chrome_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/export/folded.h"
#include "tests/unit/export/perfetto_picture.h"
#include "tests/unit/timeline/rows.h"

namespace wsitrace::test {
namespace {

// Keep-alive, upgrade, h2, outbound, and a connection of each kind that is still there.
constexpr const char *kLog =
    "CONTEXT ACCEPT FH('/a') st=200 FFC txnc BIND FH('/d') DROP('http action CALLBACK bind') BIND[dyn1] HTTP[dyn1] "
    "st=404 txnc DROP[dyn1]('lws_http_transaction_completed') BIND close('server socket svc fail') "
    "DROP('__lws_close_free_wsi') CLOSED_HTTP DEST B:ACCEPT_TLS B:CONFIRM('/ws') B:BIND[echo] B:FILTER[echo] "
    "B:EST[echo] "
    "B:PEER_CLOSE[echo]=1001 B:close('close_and_handled') B:WSDROP[echo]('__lws_close_free_wsi') B:CLOSED[echo] B:DEST "
    "C:CREATE C:NEW=30 D:CREATE D:FH('/s')<C D:st=200 D:FFC D:txnc D:close('h2 end stream file') D:CLOSED_HTTP D:DEST "
    "E:CBIND E:CONNECTING E:NEW=9 E:CCE('conn \"fail\": 111\n') E:CDROP('__lws_close_free_wsi') E:DEST "
    "F:ACCEPT F:FH('/big') F:BIND[dyn1] F:HTTP[dyn1] G:ACCEPT G:FH('/i') G:FFC G:BIND H:ACCEPT H:CONFIRM('/w') "
    "H:BIND[echo] H:FILTER[echo] H:EST[echo] I:CREATE I:FH('/t')<C K:CBIND K:CONNECTING L:DEST";

class SliceReportOfBoth : public testing::TestWithParam<SliceFormat> {
 protected:
  [[nodiscard]] static Picture picture(std::string_view words, const Filter &filter = {}) {
    return picture_of(GetParam(), words, Form::kPreload, filter);
  }
};

TEST_P(SliceReportOfBoth, LogOfEveryRoleIsDrawnAsReported) {
  for (const Form form : {Form::kPreload, Form::kPlugin})
    expect_like_report(picture_of(GetParam(), kLog, form), kLog, form);
}

TEST_P(SliceReportOfBoth, EveryRowOfTheFoldIsDrawnAsReported) {
  for (const auto *rows :
       {&kFileRows, &kDynamicRows, &kWebsocketRows, &kStreamRows, &kTlsRows, &kOutboundRows, &kAdoptedRows}) {
    for (const Row &row : *rows) {
      SCOPED_TRACE(row.name);
      expect_like_report(picture_of(GetParam(), row.script), row.script, Form::kPreload);
    }
  }
}

// Cut anywhere, a log leaves things open.
TEST_P(SliceReportOfBoth, EveryBeginningOfALogIsDrawnAsReported) {
  const std::string_view log = kLog;
  for (size_t end = log.find(' '); end != std::string_view::npos; end = log.find(' ', end + 1)) {
    if (std::count(log.begin(), log.begin() + static_cast<ptrdiff_t>(end), '\'') % 2 != 0) continue;
    SCOPED_TRACE(log.substr(0, end));
    expect_like_report(picture_of(GetParam(), log.substr(0, end)), log.substr(0, end), Form::kPreload);
  }
}

TEST_P(SliceReportOfBoth, BindingThatWasNeverDroppedSaysSo) {
  const Picture drawn = picture("ACCEPT FH('/a') FFC BIND[echo]");
  const DrawnSlice binding = drawn.slice_named("echo, never dropped");
  EXPECT_FALSE(binding.end_ns);
  EXPECT_EQ(binding.arg("never_closed"), true);
  EXPECT_THAT(binding.categories, testing::ElementsAre("binding", "never_closed"));
}

TEST_P(SliceReportOfBoth, TransactionThatIsStillOpenSaysSo) {
  const Picture drawn = picture("ACCEPT FH('/a') BIND[dyn1] HTTP[dyn1]");
  const DrawnSlice transaction = drawn.slice_named("GET /a, still open");
  EXPECT_FALSE(transaction.end_ns);
  EXPECT_EQ(transaction.arg("outcome"), "open");
  EXPECT_EQ(drawn.slice_named("since handled, still open").depth, transaction.depth + 1);
}

TEST_P(SliceReportOfBoth, OpenSlicesReachToTheEndOfTheLog) {
  const Picture drawn = picture("ACCEPT FH('/a') +7");
  const DrawnSlice end = drawn.slice_named("end of the log");
  EXPECT_TRUE(end.instant);
  EXPECT_EQ(end.begin_ns, static_cast<int64_t>(4 * Script::kStepNs));
  for (const DrawnSlice &slice : drawn.slices) EXPECT_LE(slice.begin_ns, end.begin_ns);
}

TEST_P(SliceReportOfBoth, EndOfTheProcessIsTheEndOfTheLogAndTellsTheLoss) {
  Folded log;
  SliceReport report(GetParam(), log.request());
  log.timeline.add(report);
  Script script(log.timeline, Form::kPreload);
  script.play("ACCEPT +7");
  log.timeline.on_loss({.recorded = 3, .lost = 2, .by_cause = {{"ring_full", 2}}});
  script.end("signal");
  report.finish();
  const Picture drawn = GetParam() == SliceFormat::kPerfetto ? perfetto_picture(log.out) : chrome_picture(log.out);
  const DrawnSlice end = drawn.slice_named("end of the log, 2 events lost");
  EXPECT_EQ(end.begin_ns, static_cast<int64_t>(script.now_ns() - Script::kStartNs));
  EXPECT_EQ(end.arg("ended"), "signal");
  EXPECT_EQ(end.arg("lost"), 2);
}

TEST_P(SliceReportOfBoth, IdleLiesBetweenTransactions) {
  const Picture drawn = picture("ACCEPT FH('/a') FFC +20 FH('/b') FFC DEST");
  const DrawnSlice first = drawn.slice_named("GET /a"), second = drawn.slice_named("GET /b");
  const std::vector<DrawnSlice> idle = drawn.on(first.track, "idle");
  ASSERT_EQ(idle.size(), 2u);
  EXPECT_EQ(idle[0].begin_ns, first.end_ns);
  EXPECT_EQ(idle[0].end_ns, second.begin_ns);
  EXPECT_GT(*idle[0].end_ns - idle[0].begin_ns, 20'000'000);
}

TEST_P(SliceReportOfBoth, KeptAliveConnectionThatIsOpenIsIdle) {
  EXPECT_FALSE(picture("ACCEPT FH('/a') FFC").slice_named("idle, still open").end_ns);
}

TEST_P(SliceReportOfBoth, TransactionsThatWereNotKeptLeaveAMark) {
  std::string words = "ACCEPT ";
  constexpr int kRequests = 2'003;
  for (int i = 0; i < kRequests; ++i) words += "FH('/a') FFC DROP('lws_http_transaction_completed') BIND ";
  const Picture drawn = picture(words);
  EXPECT_TRUE(drawn.faults.empty());
  const DrawnSlice gap = drawn.slice_named("900 transactions not kept");
  EXPECT_EQ(drawn.on(gap.track, "transaction").size(), kRequests - 900u + 1);
  EXPECT_EQ(drawn.slice_named("900 bindings not kept").depth, 0u);
}

TEST_P(SliceReportOfBoth, DestroyThatWasLostEndsTheSliceWhereTheLastThingEnded) {
  const Picture drawn = picture("ACCEPT FH('/a') FFC BIND ACCEPT DEST");
  const DrawnSlice life = drawn.on(drawn.track_named("#2 "), "connection").at(0);
  EXPECT_EQ(life.arg("destroy_seen"), false);
  EXPECT_EQ(life.end_ns, drawn.on(drawn.track_named("#2 bindings"), "binding").at(0).end_ns);
}

TEST_P(SliceReportOfBoth, FilterChoosesConnections) {
  Filter filter;
  filter.cls = ConnectionClass::kListener;
  const Picture drawn = picture(kLog, filter);
  EXPECT_NE(drawn.track_named("#1 listener"), 0u);
  EXPECT_EQ(drawn.track_named("#2 "), 0u);
}

TEST_P(SliceReportOfBoth, TextFromTheNetworkCannotBreakTheFile) {
  for (const char *path : {"/\xff\xfe", "/\"\\\x01\n\x1b[31m", "/caf\xc3\xa9", "/\xc3", "/\xed\xa0\x80",
                           "/\xf4\x90\x80\x80", "/</script>"}) {
    const std::string words = std::string("ACCEPT[p\xff") + "0@v\xe2\x28] FH('" + path + "') FFC DEST";
    expect_like_report(picture(words), words, Form::kPreload);
  }
}

TEST_P(SliceReportOfBoth, SameLogTwiceGivesTheSameBytes) {
  EXPECT_EQ(slices_as_text(GetParam(), kLog), slices_as_text(GetParam(), kLog));
}

TEST_P(SliceReportOfBoth, EmptyLogIsAFile) {
  const Picture drawn = picture("");
  EXPECT_TRUE(drawn.faults.empty());
  EXPECT_EQ(drawn.slices.size(), 1u);
}

TEST_P(SliceReportOfBoth, TextIsHandedOnInPieces) {
  Folded log;
  SliceReport report(GetParam(), log.request());
  log.timeline.add(report);
  Script script(log.timeline, Form::kPlugin);
  for (int i = 0; i < 1'009; ++i) script.play("CBIND DEST");
  EXPECT_GT(log.pieces, 3u);
  EXPECT_LT(log.largest, SliceReport::kPieceBytes + 4096);
}

std::string name_of_format(const testing::TestParamInfo<SliceFormat> &format) {
  return format.param == SliceFormat::kPerfetto ? "Perfetto" : "Chrome";
}

INSTANTIATE_TEST_SUITE_P(Formats, SliceReportOfBoth, testing::Values(SliceFormat::kPerfetto, SliceFormat::kChrome),
                         name_of_format);

uint64_t parent_of(const Picture &drawn, const char *track) { return drawn.tracks.at(drawn.track_named(track)).parent; }

TEST(PerfettoReport, StreamLiesBelowItsConnectionWhicheverEndsFirst) {
  for (const char *end : {"A:DEST B:DEST", "B:DEST A:DEST", "A:DEST", "B:DEST", ""}) {
    const Picture drawn =
        picture_of(SliceFormat::kPerfetto, std::string("B:CREATE B:NEW=50 A:CREATE A:FH('/s')<B A:FFC ") + end);
    EXPECT_TRUE(drawn.faults.empty()) << end;
    EXPECT_EQ(parent_of(drawn, "#2 client stream h2 of #1"), drawn.track_named("#1 client")) << end;
  }
}

TEST(PerfettoReport, BindingsLieBelowTheirConnection) {
  const Picture drawn = picture_of(SliceFormat::kPerfetto, "ACCEPT FH('/a') FFC BIND DEST");
  EXPECT_EQ(parent_of(drawn, "#2 bindings"), drawn.track_named("#2 client"));
  EXPECT_EQ(parent_of(drawn, "#2 client"), drawn.track_named("connections"));
}

TEST(PerfettoReport, ParentThatTheFilterLeftOutHasATrackAllTheSame) {
  Filter filter;
  filter.id = 2;
  const Picture drawn = picture_of(SliceFormat::kPerfetto, "B:CREATE B:NEW=50 A:CREATE A:FH('/s')<B A:DEST B:DEST",
                                   Form::kPreload, filter);
  EXPECT_TRUE(drawn.faults.empty());
  EXPECT_EQ(parent_of(drawn, "#2 client"), drawn.track_named("#1"));
  EXPECT_TRUE(drawn.on(drawn.track_named("#1"), "connection").empty());
}

TEST(PerfettoReport, TracksOfTwoProcessesHaveNothingInCommon) {
  const auto tracks_of = [](uint32_t pid, uint64_t started_real_ns) {
    Folded log;
    ProcessFacts facts;
    facts.pid = pid;
    facts.started_real_ns = started_real_ns;
    return perfetto_picture(
               reported<SliceReport>(
                   log, log.request(), [&](LogSink &sink) { sink.on_process(facts); }, SliceFormat::kPerfetto))
        .tracks;
  };
  const auto one = tracks_of(101, 1'000'000'007), two = tracks_of(103, 1'000'000'007),
             three = tracks_of(101, 1'000'000'009);
  for (const auto &[uuid, track] : one) {
    EXPECT_EQ(two.count(uuid), 0u);
    EXPECT_EQ(three.count(uuid), 0u);
  }
}

}  // namespace
}  // namespace wsitrace::test
