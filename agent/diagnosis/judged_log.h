// SPDX-License-Identifier: MIT
//
// A log that is folded once and judged: one Timeline, the Judge that hears it first, and whoever else is added. Every command and the
// live board have one for each process they look at; reports, metrics and rows hear its timeline or ask it.
#ifndef WSITRACE_DIAGNOSIS_JUDGED_LOG_H
#define WSITRACE_DIAGNOSIS_JUDGED_LOG_H

#include "agent/diagnosis/judge.h"

namespace wsitrace {

struct JudgedLog {
  JudgedLog() { timeline.add(judge); }

  [[nodiscard]] Verdict verdict() const { return judge.verdict(timeline); }

  Judge judge;
  Timeline timeline;
};

}  // namespace wsitrace

#endif
