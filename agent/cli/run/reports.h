// SPDX-License-Identifier: MIT
//
// The reports of `run --format F[=FILE]` and the verdict of `run --check`, folded while the program runs. Reports are those of
// the first process that records, byte for byte what `wsitrace report` says of its trace. Verdicts are of all
// processes, each what `wsitrace check` says of its trace.
//
// Where: what goes to stdout comes after the program and whatever it wrote there have ended (formats/report_outputs.h).
#ifndef WSITRACE_CLI_RUN_REPORTS_H
#define WSITRACE_CLI_RUN_REPORTS_H

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/expected.h"
#include "agent/cli/formats/report_outputs.h"
#include "agent/diagnosis/doctor.h"
#include "agent/export/live/live_process.h"
#include "agent/export/text/examples.h"
#include "wsitrace/log.h"

namespace wsitrace {

// A trace that the run has left; a process that has executed another program keeps its pid, and begins anew.
struct WrittenTrace {
  uint32_t pid;
  uint64_t started_ns;
  std::string path;
};

class Reports {
 public:
  // CHECK: there will be verdicts. REQUIRE_CLOSED: what is open at the end is a finding in them.
  static Expected<std::unique_ptr<Reports>> open(const WantedFormats &formats, bool check, bool require_closed = false);

  // The log of one more process that records, folded once for all that is to be said of it; nullptr: nothing is. FIRST: it is the one
  // to be reported. LIVE: shows it meanwhile, and folds it; nullptr: none does.
  std::shared_ptr<LogSink> sink(bool first, const std::shared_ptr<LiveProcess> &live);
  // Completes all reports. False when one could not be written; the reason was told on stderr.
  bool finish() { return outputs_.finish(); }
  // After finish(), once: one for each process that recorded, with its one of TRACES; none without --check.
  [[nodiscard]] std::vector<Verdict> verdicts(const std::vector<WrittenTrace> &traces);
  // For verdict_text(): timelines of connections that are still open, and from TRACES of those that are not.
  [[nodiscard]] std::vector<ExampleTexts> examples(const std::vector<Verdict> &verdicts,
                                                   const std::vector<WrittenTrace> &traces) const;

 private:
  Reports(ReportOutputs outputs, bool check, bool require_closed)
      : outputs_(std::move(outputs)), check_(check), require_closed_(require_closed) {}

  struct Watched {
    std::shared_ptr<JudgedLog> log;
    std::shared_ptr<Doctor> doctor;  // nullptr: without --check
  };
  ReportOutputs outputs_;
  bool check_, require_closed_;
  std::vector<Watched> watched_;  // those that are judged, and the one that is reported
};

// The JSON report of a trace that may still be written. Throws std::runtime_error when it cannot be read.
void json_report(const std::string &trace_path, ReportRequest::Write write);
std::string json_report(const std::string &trace_path);

}  // namespace wsitrace

#endif
