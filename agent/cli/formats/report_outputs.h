// SPDX-License-Identifier: MIT
//
// Where `report`, `run` and `check` write their reports of one log, in which formats: --format F[=FILE], several at once.
//
// Where:  F=FILE is written as it comes. F alone goes to stdout: at once, if that is wanted and it is the only one; else at the end.
// Errors: a FILE that cannot be made is an Error of open(); what cannot be written is told on stderr by finish().
#ifndef WSITRACE_CLI_FORMATS_REPORT_OUTPUTS_H
#define WSITRACE_CLI_FORMATS_REPORT_OUTPUTS_H

#include <functional>
#include <memory>
#include <vector>

#include "agent/cli/formats/format.h"
#include "agent/cli/output.h"
#include "agent/diagnosis/judged_log.h"
#include "agent/symbols/symbols.h"

namespace wsitrace {

class ReportOutputs {
 public:
  enum class Stdout { kAtOnce, kAtTheEnd };

  // FORMATS: those of reports.
  static Expected<ReportOutputs> open(const WantedFormats &formats, Stdout when);

  [[nodiscard]] bool empty() const { return all_.empty(); }
  // Makes the reports of LOG, which is there until finish(), and tells each to HEAR, so that it is added to whoever folds that log. Call once.
  using Hear = std::function<void(std::shared_ptr<Report>)>;
  void begin(const JudgedLog &log, const Hear &hear, const ReportChoice &choice = {});
  void begin(JudgedLog &log, const ReportChoice &choice = {});
  // Completes the reports, of a log that was told nothing if none has begun. False when one could not be written.
  bool finish();
  // The log could not be read: closes what there is. False as above.
  bool abandon();

 private:
  struct One {
    Output output;
    const Format *format;
    std::shared_ptr<Report> report;
  };
  std::vector<std::unique_ptr<One>> all_;  // reports know where theirs is
  std::unique_ptr<Symbols> symbols_;
};

}  // namespace wsitrace

#endif
