// SPDX-License-Identifier: MIT
#include "agent/cli/agent/agent_view.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/base/spool.h"
#include "agent/cli/formats/places.h"
#include "agent/text/json_text.h"
#include "agent/trace_diagnosis/served_trace.h"
#include "agent/trace_diagnosis/trace_diagnosis.h"

namespace wsitrace {

AgentView::AgentView(size_t history, std::string traces)
    : board_({.ended = history}),
      site_({.metrics = [this] { return render_metrics(metrics_); },
             .report = [this] { return report(); },
             .open_metrics = [this] { return render_open_metrics(metrics_); },
             .board = &board_,
             .diagnosis = [this] { return diagnosis(); },
             .trace = [this](uint32_t pid) { return trace(pid); }}),
      trace_directory_(std::move(traces)) {}

AgentView::~AgentView() {
  traces_.stop();
  served_.stop();
}

std::shared_ptr<LogSink> AgentView::listener(const ProcessFacts &facts) {
  auto live = board_.listener();
  for (auto &observer : metrics_.observers(facts.program, live->log())) live->add(std::move(observer));
  {
    const std::lock_guard lock(mutex_);
    auto ended = std::count_if(processes_.begin(), processes_.end(), [](const auto &p) { return p->has_ended(); });
    for (auto process = processes_.begin(); process != processes_.end();)
      if ((*process)->has_ended() && static_cast<size_t>(ended) >= kReported) {
        process = processes_.erase(process);
        --ended;
      } else {
        ++process;
      }
    processes_.push_back(live);
  }
  return live;
}

// It grows with the connections that are open, whose number others choose.
Site::Made AgentView::report() const {
  std::vector<std::shared_ptr<LiveProcess>> processes;
  {
    const std::lock_guard lock(mutex_);
    processes.assign(processes_.begin(), processes_.end());
  }
  std::error_code ignored;
  auto spool = Spool::create(trace_directory_.empty() ? std::filesystem::temp_directory_path(ignored).string()
                                                      : std::filesystem::absolute(trace_directory_).string());
  if (!spool) throw std::runtime_error(spool.error().line());
  spool->add(R"({"schema":"wsitrace.reports/1","reports":[)");
  const char *separator = "\n";
  for (const auto &process : processes) {
    spool->add(separator);
    process->report([&](std::string_view piece) { spool->add(piece); });
    separator = ",\n";
  }
  spool->add("]}\n");
  auto text = spool->map();
  if (!text) throw std::runtime_error(text.error().line());
  return std::move(*text);
}

Expected<Site::Made> AgentView::trace(uint32_t pid) {
  if (trace_directory_.empty())
    return unexpected(Error{"trace", "this agent keeps no traces", "start it with --traces DIR"});
  return choose_trace(traces_.get(), pid).and_then(map_trace).map([](Mapping &&mapped) {
    return Site::Made(std::move(mapped));
  });
}

Site::Diagnosed AgentView::diagnosis() {
  const bool keeps_traces = !trace_directory_.empty();
  TraceDiagnoses found = keeps_traces
                             ? diagnose_traces(traces_.get(), {.afterwards = name_places})
                             : no_diagnoses({"diagnosis", "a diagnosis is read from traces, and this agent keeps none",
                                             "start it with --traces DIR"});
  metrics_.set_diagnosed(found.by_program, found.unix_ns, found.set.left_out());
  std::string set = found.set.text();
  if (keeps_traces) return {set, set};
  return {std::move(found.first), std::move(set)};
}

}  // namespace wsitrace
