// SPDX-License-Identifier: MIT
#include "agent/cli/run/live_view.h"

#include <filesystem>
#include <stdexcept>

#include "agent/base/spool.h"
#include "agent/cli/formats/places.h"
#include "agent/cli/run/reports.h"
#include "agent/export/prometheus/process_metrics.h"
#include "agent/trace_diagnosis/served_trace.h"
#include "agent/trace_diagnosis/trace_diagnosis.h"

namespace wsitrace {

LiveView::LiveView()
    : site_({.metrics = [this] { return render_metrics(metrics_); },
             .report = [this] { return report(); },
             .open_metrics = [this] { return render_open_metrics(metrics_); },
             .board = &board_,
             .diagnosis = [this] { return diagnosis(); },
             .trace = [this](uint32_t pid) { return trace(pid); }}) {}

LiveView::~LiveView() {
  traces_.stop();
  served_.stop();
}

std::shared_ptr<LiveProcess> LiveView::listener() {
  auto process = board_.listener();
  process->add(std::make_shared<ProcessMetrics>(metrics_, process->log()));
  return process;
}

// Of a program that runs for long it may be larger than what memory there is.
Site::Made LiveView::report() {
  const std::vector<FreshTrace> traces = traces_.get();
  if (traces.empty()) throw std::runtime_error("nothing was recorded yet");
  auto spool = Spool::create(std::filesystem::absolute(traces.front().path).parent_path());
  if (!spool) throw std::runtime_error(spool.error().line());
  json_report(traces.front().path, [&](std::string_view piece) { spool->add(piece); });
  auto text = spool->map();
  if (!text) throw std::runtime_error(text.error().line());
  return std::move(*text);
}

// The program's own, unless another process of it is asked for.
Expected<Site::Made> LiveView::trace(uint32_t pid) {
  const std::vector<FreshTrace> traces = traces_.get();
  return choose_trace(traces, pid == 0 && !traces.empty() ? traces.front().pid : pid)
      .and_then(map_trace)
      .map([](Mapping &&mapped) { return Site::Made(std::move(mapped)); });
}

Site::Diagnosed LiveView::diagnosis() {
  const std::vector<FreshTrace> traces = traces_.get();
  TraceDiagnoses found = traces.empty() ? no_diagnoses({"diagnosis", "nothing was recorded yet", {}})
                                        : diagnose_traces(traces, {.afterwards = name_places});
  metrics_.set_diagnosed(found.by_program.empty() ? std::nullopt
                                                  : std::optional(Diagnosed{found.counts(), found.unix_ns}));
  metrics_.set_not_diagnosed(found.set.left_out());
  return {std::move(found.first), found.set.text()};
}

}  // namespace wsitrace
