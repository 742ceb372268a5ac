// SPDX-License-Identifier: MIT
//
// Whole reports of one log, compared with files. Regenerate: WSITRACE_UPDATE_GOLDEN=1 bin/unit_export (from the build folder)
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "agent/export/json/report.h"
#include "agent/export/text/event_lines.h"
#include "agent/export/text/table.h"
#include "tests/unit/export/explain_fixture.h"
#include "tests/unit/export/folded.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

// Keep-alive, upgrade, h2 stream, outbound failure, an idle connection that stays, and a listener that went.
constexpr const char *kLog =
    "CONTEXT ACCEPT FH('/a') st=200 FFC txnc BIND FH('/d?') DROP('http action CALLBACK bind') BIND[dyn1] HTTP[dyn1] "
    "st=404 txnc "
    "DROP[dyn1]('lws_http_transaction_completed') BIND close('server socket svc fail') DROP('__lws_close_free_wsi') "
    "CLOSED_HTTP "
    "DEST +2 B:ACCEPT_TLS B:CONFIRM('/ws') B:BIND[echo] B:FILTER[echo] B:EST[echo] +1500 B:PEER_CLOSE[echo]=1001 "
    "B:close('close_and_handled') B:WSDROP[echo]('__lws_close_free_wsi') B:CLOSED[echo] B:DEST "
    "C:CREATE C:NEW=30 D:CREATE D:FH('/s')<C D:st=200 D:FFC D:txnc D:close('h2\tend stream file') D:CLOSED_HTTP D:DEST "
    "E:CBIND E:CONNECTING E:NEW=9 E:CCE('conn \"fail\": 111\n') E:close('client_connect3') "
    "E:CDROP('__lws_close_free_wsi') E:DEST "
    "F:ACCEPT F:FH('/big') L:close('ctx destroy')=9999 L:DEST";

template <typename Sink>
void tell(Sink &sink) {
  Script script(sink, Form::kPreload);
  script.play(kLog);
  sink.on_loss({.recorded = 61, .lost = 3, .by_cause = {{"no_ring", 1}, {"ring_full", 2}}});
  script.end("signal");
}

std::string json(JsonShape shape) {
  Folded log;
  return reported<JsonReport>(
      log, log.request(), [](LogSink &sink) { tell(sink); }, shape);
}

std::string text(bool details) {
  Folded log;
  ReportRequest request = log.request();
  request.choice.details = details;
  return reported<TextReport>(log, std::move(request), [](LogSink &sink) { tell(sink); });
}

void expect_golden(const std::string &name, const std::string &actual) {
  const std::string path = std::string(WSITRACE_GOLDEN_DIR) + "/" + name;
  if (std::getenv("WSITRACE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
  std::ostringstream expected;
  expected << std::ifstream(path).rdbuf();
  EXPECT_EQ(actual, expected.str()) << "regenerate with WSITRACE_UPDATE_GOLDEN=1 bin/unit_export";
}

TEST(Golden, JsonDocument) { expect_golden("report.json", json(JsonShape::kDocument)); }
TEST(Golden, JsonLines) { expect_golden("report.ndjson", json(JsonShape::kLines)); }
TEST(Golden, TextTable) { expect_golden("report.txt", text(false)); }
TEST(Golden, TextDetails) { expect_golden("details.txt", text(true)); }

TEST(Golden, EventLines) {
  std::string out;
  EventLines lines([&](std::string_view line) { out += line; });
  tell(lines);
  expect_golden("events.txt", out);
}

TEST(Golden, ExplainEachConnection) {
  constexpr uint64_t kConnections = 7;
  std::string out;
  for (uint64_t id = 1; id <= kConnections; ++id) out += explained(Told(kLog).losing(id == 1 ? 3 : 0), id) + "\n";
  expect_golden("explain.txt", out);
}

TEST(Golden, SameLogTwiceGivesTheSameBytes) {
  EXPECT_EQ(json(JsonShape::kDocument), json(JsonShape::kDocument));
  EXPECT_EQ(json(JsonShape::kLines), json(JsonShape::kLines));
}

}  // namespace
}  // namespace wsitrace::test
