// SPDX-License-Identifier: MIT
//
// The formats that --format names, as one table: all that is asked of them, and who renders them. Help, validation and the manual
// follow from it. A format that leaves out a rendering has no words for it: a JUnit file has no connections, a picture no verdict.
//
//    report       `report`, `run`; of formats without a verdict also `check`
//    verdict      `check`; of formats without a report also `run --check`
//    diagnosis    `explain`
//    comparison   `diff`
#ifndef WSITRACE_CLI_FORMATS_FORMAT_H
#define WSITRACE_CLI_FORMATS_FORMAT_H

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/expected.h"
#include "agent/compare/comparison.h"
#include "agent/diagnosis/check.h"
#include "agent/diagnosis/doctor.h"
#include "agent/export/report.h"
#include "agent/export/text/examples.h"

namespace wsitrace {

struct Format {
  // FILE: the trace, as the user named it. WIDTH: of the terminal, or 0.
  struct DiagnosisLook {
    const ExampleTexts &examples;
    const std::string &file;
    size_t width;
    const DiagnosisChoice &choice;
  };

  std::string_view name;
  std::string_view meaning;  // whom it is for
  std::unique_ptr<Report> (*report)(ReportRequest) = nullptr;
  std::string (*verdict)(const Check &, const std::vector<ExampleTexts> &) = nullptr;
  std::string (*diagnosis)(const Doctor &, const DiagnosisLook &) = nullptr;
  std::string (*comparison)(const Comparison &, bool colour) = nullptr;
  std::string (*step_summary)(const Check &) = nullptr;  // goes to the end of the file that $GITHUB_STEP_SUMMARY names
  bool shows_examples = false;                           // timelines of connections beside the findings
  bool is_binary = false;                                // not for a terminal
};

// In the order in which they are shown.
std::span<const Format> formats();
// The names of those that WANTED chooses; as "text|json|...", too.
std::vector<std::string> names_of_formats(bool (*wanted)(const Format &));
std::string format_names(bool (*wanted)(const Format &), std::string_view between = "|");

inline bool is_of_reports(const Format &format) { return format.report != nullptr; }
inline bool is_of_verdicts(const Format &format) { return format.verdict != nullptr; }
inline bool is_of_reports_only(const Format &format) { return is_of_reports(format) && !is_of_verdicts(format); }
inline bool is_of_verdicts_only(const Format &format) { return is_of_verdicts(format) && !is_of_reports(format); }
inline bool is_of_diagnoses(const Format &format) { return format.diagnosis != nullptr; }
inline bool is_of_comparisons(const Format &format) { return format.comparison != nullptr; }

// One --format: "json", or "json=FILE".
struct WantedFormat {
  std::string text;  // as it was given
  const Format *format;
  std::string file;  // empty: stdout

  [[nodiscard]] Error refused(std::string why, std::string hint) const;
};
using WantedFormats = std::vector<WantedFormat>;
Expected<WantedFormat> parse_format(const std::string &text);
Expected<WantedFormats> parse_formats(const std::vector<std::string> &texts);

// Takes those that CHOSEN chooses out of WANTED.
WantedFormats take(WantedFormats &wanted, bool (*chosen)(const Format &));

}  // namespace wsitrace

#endif
