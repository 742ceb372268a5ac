// SPDX-License-Identifier: MIT
#include "agent/cli/formats/report_outputs.h"

#include <string_view>
#include <utility>

namespace wsitrace {

Expected<ReportOutputs> ReportOutputs::open(const WantedFormats &formats, Stdout when) {
  ReportOutputs outputs;
  const bool at_once = when == Stdout::kAtOnce && formats.size() == 1;
  for (const WantedFormat &wanted : formats) {
    auto output = Output::open(wanted.file, at_once ? Output::Stdout::kAtOnce : Output::Stdout::kHeld);
    if (!output) return unexpected(output.error());
    outputs.all_.push_back(std::make_unique<One>(One{std::move(*output), wanted.format, nullptr}));
  }
  return outputs;
}

void ReportOutputs::begin(const JudgedLog &log, const Hear &hear, const ReportChoice &choice) {
  symbols_ = std::make_unique<Symbols>(log.timeline.modules());
  for (const auto &one : all_) {
    one->report = one->format->report({.timeline = log.timeline,
                                       .judge = log.judge,
                                       .choice = choice,
                                       .colour = one->output.is_terminal(),
                                       .name_frames = symbols_->namer(),
                                       .write = [to = &one->output](std::string_view piece) { to->write(piece); }});
    hear(one->report);
  }
}

void ReportOutputs::begin(JudgedLog &log, const ReportChoice &choice) {
  begin(
      log, [&log](std::shared_ptr<Report> report) { log.timeline.add(std::move(report)); }, choice);
}

bool ReportOutputs::finish() {
  const JudgedLog nothing;
  if (symbols_ == nullptr) begin(nothing, [](const std::shared_ptr<Report> &) {});
  for (const auto &one : all_) one->report->finish();
  return abandon();
}

bool ReportOutputs::abandon() {
  bool complete = true;
  for (const auto &one : all_) {
    const auto written = one->output.finish();
    if (written) continue;
    complete = false;
    complain(written.error());
  }
  return complete;
}

}  // namespace wsitrace
