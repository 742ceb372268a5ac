// SPDX-License-Identifier: MIT
//
// A log that is folded for a report, and what the report wrote.
#ifndef WSITRACE_TESTS_UNIT_EXPORT_FOLDED_H
#define WSITRACE_TESTS_UNIT_EXPORT_FOLDED_H

#include <algorithm>
#include <string>
#include <utility>

#include "agent/diagnosis/judged_log.h"
#include "agent/export/report.h"

namespace wsitrace::test {

struct Folded : JudgedLog {
  ReportRequest request(Filter filter = {}) {
    return {.timeline = timeline,
            .judge = judge,
            .choice = {.filter = std::move(filter), .details = {}, .sort = {}, .utc = {}},
            .write = [this](std::string_view piece) {
              out += piece;
              largest = std::max(largest, piece.size());
              ++pieces;
            }};
  }

  std::string out;
  size_t largest = 0, pieces = 0;
};

// What a Kind of report, made of REQUEST and what a kind needs beside it, writes of the log that TELL tells.
template <typename Kind, typename... Shape, typename Tell>
std::string reported(Folded &log, ReportRequest request, Tell tell, Shape... shape) {
  Kind report(shape..., std::move(request));
  log.timeline.add(report);
  tell(log.timeline);
  report.finish();
  return log.out;
}

}  // namespace wsitrace::test

#endif
