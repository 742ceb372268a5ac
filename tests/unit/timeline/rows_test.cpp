// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/rows.h"

#include <gtest/gtest.h>

#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

std::string reason_of(const Connection &connection) {
  if (!connection.close) return "open";
  std::string out = std::string(name_of(connection.close->reason)) + " by " + name_of(connection.close->by);
  if (connection.close->ws_code) out += " " + std::to_string(*connection.close->ws_code);
  return out;
}

class Rows : public testing::TestWithParam<Row> {};

void expect_row(const Row &row, Form form) {
  Recorder recorder;
  Timeline timeline(recorder);
  Script(timeline, form).play(row.script);
  const Connection &connection = recorder.on(Script::pointer('A'));
  EXPECT_EQ(transactions_of(connection), row.transactions);
  EXPECT_EQ(bindings_of(connection), row.bindings);
  EXPECT_EQ(reason_of(connection), form == Form::kPreload ? row.preload_reason : row.plugin_reason);
  EXPECT_EQ(connection.state, State::kClosed);
  EXPECT_EQ(connection.transactions_total, connection.transactions.size());
  EXPECT_EQ(timeline.totals().binds, timeline.totals().drops);
  EXPECT_EQ(timeline.totals().unmatched_drops, 0u);
  EXPECT_EQ(timeline.totals().stray_events, 0u);
}

TEST_P(Rows, AreFoldedFromPreload) { expect_row(GetParam(), Form::kPreload); }
TEST_P(Rows, AreFoldedFromPlugin) { expect_row(GetParam(), Form::kPlugin); }

std::string name_of_row(const testing::TestParamInfo<Row> &info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(File, Rows, testing::ValuesIn(kFileRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Dynamic, Rows, testing::ValuesIn(kDynamicRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Written, Rows, testing::ValuesIn(kWrittenRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Websocket, Rows, testing::ValuesIn(kWebsocketRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Stream, Rows, testing::ValuesIn(kStreamRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Tls, Rows, testing::ValuesIn(kTlsRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Outbound, Rows, testing::ValuesIn(kOutboundRows), name_of_row);
INSTANTIATE_TEST_SUITE_P(Adopted, Rows, testing::ValuesIn(kAdoptedRows), name_of_row);

}  // namespace
}  // namespace wsitrace::test
