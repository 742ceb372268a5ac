// SPDX-License-Identifier: MIT
#include "agent/cli/run/reports.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agent/collect/read_log.h"
#include "agent/export/json/report.h"
#include "agent/symbols/symbols.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {
namespace {

const WrittenTrace *trace_of(const Timeline &timeline, const std::vector<WrittenTrace> &traces) {
  const auto found = std::find_if(traces.begin(), traces.end(), [&](const WrittenTrace &written) {
    return written.pid == timeline.process().pid && written.started_ns == timeline.process().started_mono_ns;
  });
  return found == traces.end() ? nullptr : &*found;
}

}  // namespace

Expected<std::unique_ptr<Reports>> Reports::open(const WantedFormats &formats, bool check, bool require_closed) {
  auto outputs = ReportOutputs::open(formats, ReportOutputs::Stdout::kAtTheEnd);
  if (!outputs) return unexpected(outputs.error());
  return std::unique_ptr<Reports>(new Reports(std::move(*outputs), check, require_closed));
}

std::shared_ptr<LogSink> Reports::sink(bool first, const std::shared_ptr<LiveProcess> &live) {
  const bool reported = first && !outputs_.empty();
  if (!reported && !check_) return live;
  const auto log = live ? std::shared_ptr<JudgedLog>(live, &live->log()) : std::make_shared<JudgedLog>();
  if (require_closed_) log->judge.require_closed();
  const auto add = [&](std::shared_ptr<TimelineObserver> observer) {
    live ? live->add(std::move(observer)) : log->timeline.add(std::move(observer));
  };
  watched_.push_back({log, check_ ? std::make_shared<Doctor>(*log) : nullptr});
  if (check_) add(watched_.back().doctor);
  if (reported) outputs_.begin(*log, add);
  return live ? live : std::shared_ptr<LogSink>(log, &log->timeline);
}

std::vector<Verdict> Reports::verdicts(const std::vector<WrittenTrace> &traces) {
  std::vector<Verdict> verdicts;
  for (const auto &[log, doctor] : watched_) {
    if (!doctor) continue;
    doctor->finish();
    verdicts.push_back(doctor->verdict());
    Symbols symbols(log->timeline.modules());
    verdicts.back().name_frames(symbols.namer());
    if (const WrittenTrace *trace = trace_of(log->timeline, traces)) verdicts.back().trace = trace->path;
  }
  return verdicts;
}

std::vector<ExampleTexts> Reports::examples(const std::vector<Verdict> &verdicts,
                                            const std::vector<WrittenTrace> &traces) const {
  std::vector<ExampleTexts> examples;
  for (size_t i = 0; i < verdicts.size() && i < watched_.size(); ++i) {
    const Timeline &timeline = watched_[i].log->timeline;
    const auto wanted = examples_for(verdicts[i]);
    examples.push_back(open_examples(wanted, timeline));
    if (examples.back().size() == wanted.size()) continue;
    const WrittenTrace *trace = trace_of(timeline, traces);
    if (trace == nullptr) continue;
    Timeline again;
    Examples closed(again, wanted);
    again.add(closed);
    if (read_log(trace->path, again)) examples.back() = closed.texts();
  }
  return examples;
}

std::string json_report(const std::string &trace_path) {
  std::string text;
  json_report(trace_path, [&](std::string_view piece) { text += piece; });
  return text;
}

void json_report(const std::string &trace_path, ReportRequest::Write write) {
  JudgedLog log;
  Symbols symbols(log.timeline.modules());
  JsonReport report(JsonShape::kDocument, {.timeline = log.timeline,
                                           .judge = log.judge,
                                           .choice = {},
                                           .name_frames = symbols.namer(),
                                           .write = std::move(write)});
  log.timeline.add(report);
  const auto read = read_log(trace_path, log.timeline);
  if (!read) throw std::runtime_error(read.error().line());
  report.finish();
}

}  // namespace wsitrace
