// SPDX-License-Identifier: MIT
#include "agent/cli/formats/format.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "agent/base/source_root.h"
#include "agent/export/diagnosis/diagnosis_text.h"
#include "agent/export/github/github.h"
#include "agent/export/json/compare_json.h"
#include "agent/export/json/diagnosis_json.h"
#include "agent/export/json/report.h"
#include "agent/export/junit/junit.h"
#include "agent/export/perfetto/report.h"
#include "agent/export/sarif/sarif.h"
#include "agent/export/text/compare_text.h"
#include "agent/export/text/table.h"
#include "agent/export/text/verdict_text.h"
#include "agent/export/verdict_json.h"

namespace wsitrace {
namespace {

using Examples = std::vector<ExampleTexts>;

template <auto kShape>
std::unique_ptr<Report> json_of(ReportRequest request) {
  return std::make_unique<JsonReport>(kShape, std::move(request));
}
template <auto kFormat>
std::unique_ptr<Report> slices_in(ReportRequest request) {
  return std::make_unique<SliceReport>(kFormat, std::move(request));
}
std::unique_ptr<Report> table_of(ReportRequest request) { return std::make_unique<TextReport>(std::move(request)); }

const std::array kFormats{
    Format{.name = "text",
           .meaning = "people",
           .report = table_of,
           .verdict = verdict_text,
           .diagnosis =
               [](const Doctor &doctor, const auto &look) {
                 return diagnosis_text(doctor, look.examples, look.file, look.width, look.choice);
               },
           .comparison = compare_text,
           .shows_examples = true},
    Format{.name = "json",
           .meaning = "programs: one document",
           .report = json_of<JsonShape::kDocument>,
           .verdict = [](const Check &check, const Examples &) { return verdict_json(check); },
           .diagnosis = [](const Doctor &doctor, const auto &look) { return diagnosis_json(doctor, look.choice); },
           .comparison = [](const Comparison &comparison, bool) { return compare_json(comparison); }},
    Format{.name = "ndjson", .meaning = "programs: one JSON object a line", .report = json_of<JsonShape::kLines>},
    Format{.name = "perfetto",
           .meaning = "<https://ui.perfetto.dev>: a track per connection",
           .report = slices_in<SliceFormat::kPerfetto>,
           .is_binary = true},
    Format{.name = "chrome", .meaning = "`chrome://tracing`: the same", .report = slices_in<SliceFormat::kChrome>},
    Format{.name = "junit",
           .meaning = "CI servers: one test for each kind of finding",
           .verdict = [](const Check &check, const Examples &) { return junit_xml(check); }},
    Format{.name = "sarif",
           .meaning = "code scanning (SARIF 2.1.0)",
           .verdict = [](const Check &check, const Examples &) { return sarif(check, SourceRoot::of_environment()); }},
    Format{.name = "github",
           .meaning = "annotations, and the step summary when `GITHUB_STEP_SUMMARY` is set",
           .verdict = [](const Check &check,
                         const Examples &) { return github_annotations(check, SourceRoot::of_environment()); },
           .step_summary = github_summary}};

bool any(const Format &) { return true; }

}  // namespace

std::span<const Format> formats() { return kFormats; }

std::vector<std::string> names_of_formats(bool (*wanted)(const Format &)) {
  std::vector<std::string> names;
  for (const Format &format : kFormats)
    if (wanted(format)) names.emplace_back(format.name);
  return names;
}

std::string format_names(bool (*wanted)(const Format &), std::string_view between) {
  return fmt::format("{}", fmt::join(names_of_formats(wanted), between));
}

Error WantedFormat::refused(std::string why, std::string hint) const {
  return {"--format " + text, std::move(why), std::move(hint)};
}

Expected<WantedFormat> parse_format(const std::string &text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto format =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const Format &known) { return known.name == name; });
  WantedFormat wanted{text, nullptr, equals != std::string::npos ? text.substr(equals + 1) : ""};
  if (format == kFormats.end())
    return unexpected(wanted.refused("no such format", "known formats: " + format_names(any, ", ")));
  wanted.format = &*format;
  if (equals != std::string::npos && wanted.file.empty())
    return unexpected(wanted.refused("no file after '='", "leave the '=' out for stdout"));
  if (wanted.file.empty() && format->is_binary && ::isatty(STDOUT_FILENO) == 1)
    return unexpected(wanted.refused("is binary, and stdout is a terminal", "write it to a file: " + name + "=FILE"));
  return wanted;
}

Expected<WantedFormats> parse_formats(const std::vector<std::string> &texts) {
  WantedFormats all;
  for (const std::string &text : texts) {
    auto wanted = parse_format(text);
    if (!wanted) return unexpected(wanted.error());
    all.push_back(std::move(*wanted));
  }
  return all;
}

WantedFormats take(WantedFormats &wanted, bool (*chosen)(const Format &)) {
  const auto first = std::stable_partition(wanted.begin(), wanted.end(),
                                           [chosen](const WantedFormat &one) { return !chosen(*one.format); });
  WantedFormats taken(std::make_move_iterator(first), std::make_move_iterator(wanted.end()));
  wanted.erase(first, wanted.end());
  return taken;
}

}  // namespace wsitrace
