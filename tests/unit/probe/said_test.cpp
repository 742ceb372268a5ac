// SPDX-License-Identifier: MIT
#include "agent/probe/said.h"

#include <libwebsockets.h>

#include <cstdarg>

#include "agent/lws/said.h"
#include "tests/unit/probe/probe_fixture.h"

namespace wsitrace {
namespace {

// As a hook of lws's log hears it.
void log_line(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  note_line(LLL_ERR, format, arguments);
  va_end(arguments);
}

class SaidOften : public ProbeTest {
 protected:
  struct Told {
    uint64_t recorded = 0, left_out = 0, others = 0;
  };
  Told told(Said said) {
    Told out;
    for (const Recorded &one : drain()) {
      if (one.event.kind != k_lws_said) continue;
      const Said heard = said_of(one.event.value);
      if (heard == said) ++out.recorded;
      else if (heard == Said::kLeftOut && said_numbered(one.event.flags) == said)
        out.left_out += number_of(one.event.value);
      else ++out.others;
    }
    return out;
  }
};

TEST_F(SaidOften, LineWithoutEndIsRecordedSoManyTimesAndThenCounted) {
  constexpr uint64_t kLines = 50'021;
  drain();
  for (uint64_t i = 0; i < kLines; ++i) log_line("ERROR on binding fd %d to port %d (%d %d)", 7, 80, -1, EACCES);
  record_lines_left_out();
  const Told out = told(Said::kBindFailed);
  EXPECT_EQ(out.recorded + out.left_out, kLines);
  EXPECT_GE(out.recorded, budget_of(Said::kBindFailed).at_once);
  EXPECT_LT(out.recorded, 2 * budget_of(Said::kBindFailed).at_once);
  record_lines_left_out();
  EXPECT_EQ(told(Said::kBindFailed).left_out, 0u) << "told twice";
}

TEST_F(SaidOften, OtherLinesAreRecordedBesideOneWithoutEnd) {
  for (int i = 0; i < 5'003; ++i) log_line("no space for new conn");
  drain();
  log_line("ssl private key not set");
  log_line("illegal opcode");
  EXPECT_EQ(told(Said::kNoKey).recorded, 1u);
}

TEST_F(SaidOften, LinesOfManyConnectionsAreAllRecorded) {
  drain();
  uint64_t recorded = 0;
  for (int i = 0; i < 97; ++i) {
    for (int j = 0; j < 101; ++j) log_line("illegal rsv bits set");
    recorded += told(Said::kBadBits).recorded;
  }
  EXPECT_EQ(recorded, 97u * 101u);
}

}  // namespace
}  // namespace wsitrace
