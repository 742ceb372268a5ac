// SPDX-License-Identifier: MIT
//
// The reports of `run --format F[=FILE]` and the verdict of `run --check`, folded while the program runs. Reports are those of
// the first process that records, byte for byte what `wsitrace report` says of its trace. The verdict is that of all processes:
// the worst of what `wsitrace check` says of their traces.
//
// Where:  F=FILE is written as it comes; F alone goes to stdout, after the program and whatever it wrote there have ended.
// Errors: a FILE that cannot be made is an Error before the program starts; one that cannot be written is told at the end.
#ifndef WSITRACE_CLI_RUN_REPORTS_H
#define WSITRACE_CLI_RUN_REPORTS_H

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/expected.h"
#include "agent/verdict/verdict.h"
#include "wsitrace/log.h"

namespace wsitrace {

// "json" or "json=FILE".
struct WantedReport {
  std::string format;
  std::string file;  // empty: stdout
};
Expected<WantedReport> parse_format(const std::string &text);

class Reports {
 public:
  static Expected<std::unique_ptr<Reports>> open(const std::vector<std::string> &formats, bool check);

  // Sinks for the log of one more process that records; FIRST: it is the one to be reported.
  std::vector<std::shared_ptr<LogSink>> sinks(bool first);
  // Completes all reports. False when one could not be written; the reason was told on stderr.
  bool finish();
  // After finish(); nothing without --check.
  [[nodiscard]] const std::optional<Verdict> &verdict() const { return verdict_; }

 private:
  class One;
  class Judge;
  explicit Reports(bool check) : check_(check) {}

  bool check_;
  std::vector<std::shared_ptr<One>> reports_;
  std::vector<std::shared_ptr<Judge>> judges_;
  std::optional<Verdict> verdict_;
};

// The verdict on several processes: findings outweigh doubts, and doubts a clean verdict.
Verdict worst_of(const std::vector<Verdict> &verdicts);

// The JSON report of a trace that may still be written. Throws std::runtime_error when it cannot be read.
std::string json_report(const std::string &trace_path);

}  // namespace wsitrace

#endif
