// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/trace_diagnosis.h"

#include "agent/collect/trace_writer.h"
#include "tests/unit/cli/agent_fixture.h"

namespace wsitrace {
namespace {

using ::testing::HasSubstr;

class TraceDiagnosisTest : public AgentTest {
 protected:
  // A trace that is still being written.
  std::shared_ptr<TraceWriter> trace() const {
    auto writer = *TraceWriter::create(path("a.wsitrace"), 23);
    writer->on_process(process(4711));
    tell_events(*writer, 7);
    writer->flush();
    return writer;
  }
};

TEST_F(TraceDiagnosisTest, TraceThatIsBeingWrittenIsDiagnosed) {
  const auto writer = trace();
  const auto text = trace_diagnosis(path("a.wsitrace"), {}, kMostDiagnosedBytes);
  ASSERT_TRUE(text);
  EXPECT_THAT(text->text, HasSubstr(R"("schema":"wsitrace.diagnosis/1","process":{"pid":4711)"));
}

TEST_F(TraceDiagnosisTest, TraceOfMoreBytesIsLeftToExplain) {
  const auto writer = trace();
  const uint64_t bytes = bytes_of_file(path("a.wsitrace"));
  EXPECT_TRUE(trace_diagnosis(path("a.wsitrace"), {}, bytes));
  const auto refused = trace_diagnosis(path("a.wsitrace"), {}, bytes - 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().why, HasSubstr("the trace has grown to"));
  EXPECT_EQ(refused.error().hint, "wsitrace explain " + path("a.wsitrace"));
}

TEST_F(TraceDiagnosisTest, WhatIsNoTraceSaysSo) {
  EXPECT_EQ(bytes_of_file(path("none")), 0u);
  EXPECT_THAT(trace_diagnosis(path("none"), {}, 1).error().why, HasSubstr("the trace cannot be read: No such file"));
  EXPECT_THAT(trace_diagnosis("/dev/null", {}, 1).error().why, HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace wsitrace
