// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/export/json/report.h"
#include "agent/text/connection_json.h"
#include "agent/text/json_text.h"
#include "tests/unit/export/folded.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using Json = nlohmann::json;

Json report_of(const char *words, Filter filter = {}, Form form = Form::kPreload) {
  Folded log;
  return Json::parse(reported<JsonReport>(
      log, log.request(std::move(filter)), [&](LogSink &sink) { Script(sink, form).play(words); },
      JsonShape::kDocument));
}

std::string encoded(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

TEST(JsonText, EveryByteSurvivesOrIsReplaced) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), 'z'};
    const std::string back = Json::parse(encoded(text)).get<std::string>();
    if (byte < 128) EXPECT_EQ(back, text);
    else EXPECT_EQ(back, "a\xef\xbf\xbdz") << byte;
  }
}

TEST(JsonText, UtfEightIsKept) { EXPECT_EQ(encoded("caf\xc3\xa9"), "\"caf\xc3\xa9\""); }

TEST(JsonText, TimeOfDayIsUtcWithNanoseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(951'782'400'000'000'001), "2000-02-29T00:00:00.000000001Z");
  EXPECT_EQ(rfc3339(1'795'305'599'999'999'999), "2026-11-21T23:59:59.999999999Z");
  EXPECT_EQ(rfc3339(4'107'542'399'000'000'000), "2100-02-28T23:59:59.000000000Z");
}

TEST(JsonReport, WhatIsUnknownIsNull) {
  const Json report = report_of("L:FNET=7 A:CREATE");
  const Json &listener = report["connections"][0];
  EXPECT_TRUE(listener["opened_ns"].is_null());
  EXPECT_TRUE(listener["closed_ns"].is_null());
  EXPECT_TRUE(listener["peer"].is_null());
  EXPECT_TRUE(listener["fd"].is_null());
  EXPECT_TRUE(listener["tls"].is_null());
  EXPECT_TRUE(listener["session"].is_null());
  EXPECT_TRUE(report["process"]["ended"].is_null());
  EXPECT_TRUE(report["connections"][1]["role"].is_null());
}

TEST(JsonReport, TimesCountFromTheStart) {
  const Json connection = report_of("ACCEPT FH('/x')")["connections"][1];
  EXPECT_EQ(connection["opened_ns"], 2 * Script::kStepNs);
  EXPECT_EQ(connection["transactions"][0]["requested_ns"], 4 * Script::kStepNs);
  EXPECT_EQ(connection["transactions"][0]["outcome"], "open");
  EXPECT_TRUE(connection["transactions"][0]["status"].is_null());
}

TEST(JsonReport, KeysAreThoseOfTheContract) {
  const Json report = report_of("ACCEPT_TLS FH('/x') BIND DROP('y') DEST");
  const auto keys = [](const Json &object) {
    std::string out;
    for (const auto &[key, value] : object.items()) out += key + " ";
    return out;
  };
  const Json &connection = report["connections"][0];
  EXPECT_EQ(keys(report), "connections loss process schema totals ");
  EXPECT_EQ(
      keys(connection),
      "bindings bindings_total class close closed_ns connected_ns evidence fd generation id local opened_ns "
      "opened_thread opened_vhost origin parent peer pointer role session state target tcp thread tls transactions "
      "transactions_total vhost ");
  EXPECT_EQ(keys(connection["tls"]), "alpn cipher failure handshake_ns resumed sni verify version ");
  EXPECT_EQ(keys(connection["close"]), "by detail evidence reason ws_code ");
  EXPECT_EQ(keys(connection["bindings"][0]), "bound_ns cause dropped_ns protocol ");
  EXPECT_EQ(keys(connection["transactions"][0]),
            "completed_ns handled_ns index method outcome path pipelined pipelined_evidence protocol requested_ns "
            "responded_ns status version ");
  EXPECT_EQ(keys(report["totals"]), "binds closed drops findings open opened transactions ");
  EXPECT_EQ(keys(report["loss"]), "by_cause lost recorded ");
}

TEST(JsonReport, EndedComeInTheirOrderAndOpenOnesLastById) {
  const Json report = report_of("A:CBIND B:CBIND C:CBIND D:CBIND C:DEST A:DEST");
  std::string ids;
  for (const Json &connection : report["connections"]) ids += connection["id"].dump();
  EXPECT_EQ(ids, "3124");
}

TEST(JsonReport, FilterChoosesConnectionsNotTotals) {
  const char *log = "ACCEPT B:ACCEPT[x0@other] B:DEST[x0@other]";
  Filter filter;
  filter.open_only = true;
  EXPECT_EQ(report_of(log, filter)["connections"].size(), 2u);
  filter = {};
  filter.cls = ConnectionClass::kListener;
  EXPECT_EQ(report_of(log, filter)["connections"].size(), 1u);
  filter = {};
  filter.vhost = "other";
  EXPECT_EQ(report_of(log, filter)["connections"][0]["id"], 3);
  filter = {};
  filter.id = 2;
  EXPECT_EQ(report_of(log, filter)["connections"][0]["id"], 2);
  EXPECT_EQ(report_of(log, filter)["totals"]["opened"], 3);
}

TEST(JsonReport, NamesFromTheHostCannotBreakTheDocument) {
  const Json report = report_of("A:CBIND[p\"\\\x01@v\xff] A:CCE[p0@v\xff]('x\n\x1b[31m') A:DEST[p0@v\xff]");
  EXPECT_EQ(report["connections"][0]["bindings"][0]["protocol"], "p\"\\\x01");
  EXPECT_EQ(report["connections"][0]["vhost"], "v\xef\xbf\xbd");
  EXPECT_EQ(report["connections"][0]["close"]["detail"], "x\n\x1b[31m");
}

TEST(JsonReport, EmptyLogIsADocument) {
  const Json report = report_of("");
  EXPECT_EQ(report["schema"], "wsitrace.report/1");
  EXPECT_TRUE(report["connections"].empty());
  EXPECT_EQ(report["process"]["started_at"], "2026-11-21T00:00:00.000000000Z");
}

TEST(JsonReport, EveryLineIsAnObjectWithItsType) {
  Folded log;
  std::istringstream lines(reported<JsonReport>(
      log, log.request(),
      [](LogSink &sink) {
        Script script(sink, Form::kPlugin);
        script.play("ACCEPT DEST");
        script.end("exit");
      },
      JsonShape::kLines));
  std::string types;
  for (std::string line; std::getline(lines, line);) types += Json::parse(line)["type"].get<std::string>() + " ";
  EXPECT_EQ(types, "process connection connection loss totals end ");
}

TEST(JsonReport, TextIsHandedOnInPieces) {
  Folded log;
  JsonReport report(JsonShape::kLines, log.request());
  log.timeline.add(report);
  Script script(log.timeline, Form::kPlugin);
  for (int i = 0; i < 1009; ++i) script.play("CBIND DEST");
  EXPECT_GT(log.pieces, 3u);
  EXPECT_LT(log.largest, JsonReport::kPieceBytes + 4096);
}

// Plugin and link have no record of calls: what they lack are status, response time and most close reasons.
TEST(JsonReport, PreloadAndPluginAgreeOnTheSameConnections) {
  const char *log =
      "ACCEPT FH('/a') st=200 FFC txnc BIND FH('/d') DROP('http action CALLBACK bind') BIND[dyn1] "
      "DROP[dyn1]('http_action HTTP') BIND[dyn1] HTTP[dyn1] st=200 txnc "
      "DROP[dyn1]('lws_http_transaction_completed') BIND close('server socket svc fail') "
      "DROP('__lws_close_free_wsi') CLOSED_HTTP DEST L:DEST";
  const auto strip = [](Json report) {
    for (Json &connection : report["connections"]) {
      connection.erase("close");
      for (const char *key : {"closed_ns", "opened_ns"}) connection.erase(key);
      for (Json &transaction : connection["transactions"]) {
        for (const char *key : {"status", "responded_ns", "completed_ns"}) transaction.erase(key);
      }
    }
    return report["connections"];
  };
  EXPECT_EQ(strip(report_of(log, {}, Form::kPreload)), strip(report_of(log, {}, Form::kPlugin)));
}

}  // namespace
}  // namespace wsitrace::test
