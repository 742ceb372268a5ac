// SPDX-License-Identifier: MIT
//
// Chrome's trace event format, where it differs from Perfetto's. What both show is in perfetto_test.cpp.
#include <gtest/gtest.h>

#include "agent/lws/callbacks.h"
#include "tests/unit/export/folded.h"
#include "tests/unit/export/perfetto_picture.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;

Json events_of(std::string_view words) {
  return Json::parse(slices_as_text(SliceFormat::kChrome, words))["traceEvents"];
}

Json event_named(const Json &events, std::string_view name) {
  for (const Json &event : events) {
    if (event["name"] == name) return event;
  }
  return {};
}

TEST(ChromeReport, WhatEndedIsOneEventWithItsDuration) {
  const Json event = event_named(events_of("ACCEPT FH('/a') FFC DEST"), "GET /a");
  EXPECT_EQ(event["ph"], "X");
  EXPECT_EQ(event["cat"], "transaction");
  EXPECT_DOUBLE_EQ(event["ts"], 4.0);
  EXPECT_DOUBLE_EQ(event["dur"], 1.0);
  EXPECT_EQ(event["args"]["path"], "/a");
}

TEST(ChromeReport, WhatNeverEndedBeginsAndHasNoEnd) {
  const Json events = events_of("ACCEPT FH('/a') FFC BIND[echo]");
  EXPECT_EQ(event_named(events, "echo, never dropped")["ph"], "B");
  EXPECT_EQ(event_named(events, "echo, never dropped")["cat"], "binding,never_closed");
  for (const Json &event : events) EXPECT_NE(event["ph"], "E");
}

TEST(ChromeReport, CloseIsAnInstantOfItsThread) {
  const Json event = event_named(events_of("ACCEPT close('close_and_handled') DEST"), "closed: peer_closed by peer");
  EXPECT_EQ(event["ph"], "i");
  EXPECT_EQ(event["s"], "t");
  EXPECT_EQ(event["args"]["detail"], "close_and_handled");
}

TEST(ChromeReport, MicrosecondsKeepTheNanoseconds) {
  Folded log;
  SliceReport report(SliceFormat::kChrome, log.request());
  log.timeline.add(report);
  ProcessFacts facts;
  facts.started_mono_ns = 1'000'000'000'000'000;
  log.timeline.on_process(facts);
  Event event{};
  event.wsi = 16;
  event.kind = k_WSI_CREATE;
  event.time_ns = facts.started_mono_ns + 1'000'000'007;
  log.timeline.on_event(event, {});
  event.kind = k_WSI_DESTROY;
  event.time_ns += 13;
  log.timeline.on_event(event, {});
  report.finish();
  EXPECT_NE(log.out.find(R"("ts":1000000.007,"dur":0.013)"), std::string::npos) << log.out;
}

TEST(ChromeReport, TimeBeforeTheStartIsNegative) {
  Folded log;
  SliceReport report(SliceFormat::kChrome, log.request());
  log.timeline.add(report);
  ProcessFacts facts;
  facts.started_mono_ns = 1'000'003;
  log.timeline.on_process(facts);
  Event event{};
  event.wsi = 16;
  event.kind = k_WSI_CREATE;
  event.time_ns = 1'000'000;
  log.timeline.on_event(event, {});
  report.finish();
  EXPECT_NE(log.out.find(R"("ts":-0.003,)"), std::string::npos) << log.out;
}

TEST(ChromeReport, StreamIsSortedBehindItsConnection) {
  const Json events = events_of("B:CREATE B:NEW=50 C:CREATE A:CREATE A:FH('/s')<B A:DEST C:DEST B:DEST");
  std::map<int64_t, int64_t> rank;
  for (const Json &event : events) {
    if (event["name"] == "thread_sort_index") rank[event["tid"]] = event["args"]["sort_index"];
  }
  const auto at = [&](uint64_t id) { return rank.at(static_cast<int64_t>(connection_track(id))); };
  EXPECT_EQ(at(3), at(1));
  EXPECT_GT(at(2), at(1));
}

TEST(ChromeReport, ThreadsAreNamedAfterConnections) {
  const Picture drawn = picture_of(SliceFormat::kChrome, "ACCEPT FH('/a') FFC BIND DEST L:DEST");
  EXPECT_EQ(drawn.tracks.at(connection_track(2)).name, "#2 client accepted h1 127.0.0.1:40007 default");
  EXPECT_EQ(drawn.tracks.at(bindings_track(2)).name, "#2 bindings");
  EXPECT_EQ(drawn.tracks.at(connection_track(1)).name, "#1 listener listen listen 127.0.0.1:7681 default");
}

}  // namespace
}  // namespace wsitrace::test
