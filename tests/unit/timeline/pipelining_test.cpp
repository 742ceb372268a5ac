// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/unit/timeline/recorder.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {
namespace {

// "no(first_request) yes(already_read) ?" for the transactions of the connection that SCRIPT tells of.
std::string pipelining_of(std::string_view script) {
  Recorder recorder;
  Timeline timeline(recorder);
  Script(timeline, Form::kPreload).play(script);
  std::string out;
  for (const Transaction &transaction : recorder.on(Script::pointer('A')).transactions) {
    if (!out.empty()) out += ' ';
    if (!transaction.pipelined) {
      out += '?';
      continue;
    }
    out.append(*transaction.pipelined ? "yes(" : "no(").append(name_of(transaction.pipelined_evidence)).append(")");
  }
  return out;
}

TEST(Pipelining, NothingReadSinceTheLastResponseMeansItWasThereAlready) {
  EXPECT_EQ(pipelining_of("ACCEPT FH('/1')#1 FFC txnc#1 BIND FH('/2')#1 FFC txnc#1 FH('/3')#1 DEST"),
            "no(first_request) yes(already_read) yes(already_read)");
}

TEST(Pipelining, WhatWaitedInTheSocketBeforeTheResponseEndedWasEarly) {
  EXPECT_EQ(pipelining_of("ACCEPT FH('/1')#1 txnc('filled')#1 FH('/2')#2 DEST"),
            "no(first_request) yes(waited_in_socket)");
}

TEST(Pipelining, AnEmptySocketAtTheResponsesEndMeansThePeerWaited) {
  EXPECT_EQ(pipelining_of("ACCEPT FH('/1')#1 txnc('empty')#1 FH('/2')#2 DEST"),
            "no(first_request) no(socket_was_empty)");
}

TEST(Pipelining, IsUnknownWhereNobodyAskedOrCounted) {
  EXPECT_EQ(pipelining_of("ACCEPT FH('/1')#1 txnc#1 FH('/2')#2 txnc FH('/3')#3 txnc FH('/4') DEST"),
            "no(first_request) ? ? ?");
}

TEST(Pipelining, TheFirstOfTwoCompletionsCounts) {
  EXPECT_EQ(pipelining_of("ACCEPT FH('/1')#1 txnc('empty')#1 txnc#2 FH('/2')#2 DEST"),
            "no(first_request) no(socket_was_empty)");
}

TEST(Pipelining, ARequestThatCameWhileAHandlerOwedItsResponseEndsTheOneBefore) {
  const char *script =
      "ACCEPT FH('/1') BIND[d] HTTP[d] +20 FH('/2') DROP[d]('x') BIND[d] HTTP[d] DROP[d]('y') CLOSED_HTTP DEST";
  EXPECT_EQ(pipelining_of(script), "no(first_request) yes(response_outstanding)");
  Recorder recorder;
  Timeline timeline(recorder);
  Script(timeline, Form::kPreload).play(script);
  EXPECT_EQ(transactions_of(recorder.on(Script::pointer('A'))), "/1 aborted, /2 aborted");
}

TEST(Pipelining, StreamsAreNeverPipelined) {
  EXPECT_EQ(pipelining_of("B:ACCEPT_TLS A:CREATE A:FH('/1')<B A:txnc#1 A:DEST"), "?");
}

TEST(Pipelining, TheFirstRequestOfAConnectionWhoseBeginningIsMissingIsUnknown) {
  EXPECT_EQ(pipelining_of("FH('/1')#1 FFC txnc#1 FH('/2')#1 DEST"), "? yes(already_read)");
}

}  // namespace
}  // namespace wsitrace::test
