// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/export/text/columns.h"
#include "agent/export/text/details.h"
#include "agent/export/text/table.h"
#include "tests/unit/export/folded.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Look {
  bool colour = false, details = false;
};

std::string table_of(const char *words, Look look = {}, const Loss &loss = {}) {
  Folded log;
  ReportRequest request = log.request();
  request.colour = look.colour;
  request.choice.details = look.details;
  return reported<TextReport>(log, std::move(request), [&](LogSink &sink) {
    Script(sink, Form::kPreload).play(words);
    sink.on_loss(loss);
  });
}

TEST(Columns, AlignAndLeaveNoTrailingBlanks) {
  std::string out;
  Columns columns({{"N", Align::kRight}, {"NAME", Align::kLeft}}, [&](std::string_view text) { out += text; });
  columns.add({"1", "caf\xc3\xa9s"});
  columns.add({"100", ""});
  columns.finish();
  EXPECT_EQ(out, "  N  NAME\n  1  caf\xc3\xa9s\n100\n");
}

TEST(Columns, HoldBackOnlySoManyRows) {
  size_t written = 0;
  Columns columns({{"N", Align::kRight}}, [&](std::string_view) { ++written; });
  for (size_t i = 0; i < Columns::kLookAhead - 1; ++i) columns.add({"1"});
  EXPECT_EQ(written, 0u);
  columns.add({"1"});
  EXPECT_EQ(written, Columns::kLookAhead + 1);
}

TEST(TextReport, ColoursOnlyWhenAsked) {
  EXPECT_THAT(table_of("ACCEPT", {}, {.recorded = 1, .lost = 1, .by_cause = {}}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(table_of("ACCEPT", {.colour = true, .details = false}), HasSubstr("\x1b[2m"));
}

TEST(TextReport, OneIsSingular) {
  const std::string text = table_of("ACCEPT FH('/a') BIND txnc=0", {}, {.recorded = 1, .lost = 0, .by_cause = {}});
  EXPECT_THAT(text, HasSubstr("\n1 transaction; 1 bind, 0 drops\n"));
  EXPECT_THAT(text, HasSubstr("\n1 event recorded, 0 lost\n"));
}

TEST(TextReport, LossIsAWarning) {
  EXPECT_THAT(table_of("", {}, {.recorded = 5, .lost = 0, .by_cause = {}}), HasSubstr("5 events recorded, 0 lost\n"));
  EXPECT_THAT(table_of("", {}, {.recorded = 5, .lost = 2, .by_cause = {{"ring_full", 2}}}),
              HasSubstr("warning: 5 events recorded, 2 lost, ring_full 2"));
}

// A connection that has every fact that a script cannot tell.
Connection connection_with_facts() {
  Connection connection;
  connection.id = 7;
  connection.vhost = "b";
  connection.opened_vhost = "a";
  connection.thread = 2;
  connection.opened_thread = 1;
  connection.target = "localhost:443";
  connection.tls = Tls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "h2", "localhost", true, 18, 2'500'000, {}};
  Tcp &tcp = connection.tcp.emplace();
  tcp.received_bytes = 87;
  tcp.sent_bytes = 1009;
  tcp.rtt_us = 41;
  tcp.retransmits = 3;
  connection.opened_ns = 1'000'000;
  connection.connected_ns = 2'000'000;
  connection.closed_ns = 9'000'000;
  connection.close = Close{CloseReason::kPeerClosed, CloseBy::kPeer, CloseEvidence::kCloseCall, "x", {}};
  Transaction &transaction = connection.transactions.emplace_back();
  transaction.index = 1;
  transaction.pipelined = true;
  transaction.pipelined_evidence = PipelinedEvidence::kAlreadyRead;
  transaction.requested_ns = 3'000'000;
  return connection;
}

TEST(Details, EveryFactIsShown) {
  TimelineObserver nobody;
  const std::string text = details_of(connection_with_facts(), Timeline(nobody));
  EXPECT_THAT(text, HasSubstr("TLS TLSv1.3 TLS_AES_256_GCM_SHA384 alpn h2 sni localhost resumed verify 18"));
  EXPECT_THAT(text, HasSubstr("vhost b (opened on a), thread 2 (opened on 1), target localhost:443"));
  EXPECT_THAT(text, HasSubstr("0.002000  connected\n"));
  EXPECT_THAT(text, HasSubstr("0.004500  TLS handshake complete, 2.500 ms\n"));
  EXPECT_THAT(text, HasSubstr("transaction 1: ? ? ?, pipelined (already_read)\n"));
  EXPECT_THAT(text, HasSubstr("TCP: 87 bytes received, 1009 acknowledged, 3 retransmits, rtt 41 us\n"));
  EXPECT_THAT(text, HasSubstr("closed: peer_closed by peer (close_call), x\n"));
}

TEST(TextReport, NamesFromTheHostAreEscaped) { EXPECT_THAT(table_of("A:CBIND[p@v\x1b;x]"), HasSubstr("v\\x1b")); }

}  // namespace
}  // namespace wsitrace::test
