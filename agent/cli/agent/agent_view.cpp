// SPDX-License-Identifier: MIT
#include "agent/cli/agent/agent_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "agent/cli/run/trace_diagnosis.h"
#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

constexpr std::chrono::milliseconds kRenderPause{10};

}  // namespace

AgentView::AgentView(size_t history, bool keeps_traces)
    : board_({.ended = history}),
      site_({.metrics = [this] { return render_metrics(metrics_); },
             .report = [this] { return report(); },
             .open_metrics = [this] { return render_open_metrics(metrics_); },
             .board = &board_,
             .diagnosis = [this] { return diagnosis(); }}),
      keeps_traces_(keeps_traces) {}

AgentView::~AgentView() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  traces_.stop();
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
  server_.reset();
}

Expected<void> AgentView::start(const ServeOptions &options) {
  auto server = Server::start(options, site_);
  if (!server) return unexpected(server.error());
  server_ = std::move(*server);
  worker_ = std::thread([this] { work(); });
  return {};
}

std::shared_ptr<LogSink> AgentView::listener(const ProcessFacts &facts) {
  auto live = board_.listener();
  for (auto &observer : metrics_.observers(facts.program, live->log().judge)) live->add(std::move(observer));
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

void AgentView::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    site_.work();
    lock.lock();
    changed_.wait_for(lock, kRenderPause, [this] { return stopping_; });
  }
}

std::string AgentView::report() const {
  std::vector<std::shared_ptr<LiveProcess>> processes;
  {
    const std::lock_guard lock(mutex_);
    processes.assign(processes_.begin(), processes_.end());
  }
  std::string out = R"({"schema":"wsitrace.reports/1","reports":[)";
  const char *separator = "\n";
  for (const auto &process : processes) {
    out += separator + process->report();
    separator = ",\n";
  }
  return out + "]}\n";
}

Expected<std::string> AgentView::diagnosis() {
  if (!keeps_traces_)
    return unexpected(
        Error{"diagnosis", "a diagnosis is read from traces, and this agent keeps none", "start it with --traces DIR"});
  std::string out = R"({"schema":"wsitrace.diagnoses/1","documents":[)";
  const char *separator = "\n";
  std::vector<std::string> not_read;
  uint64_t room_bytes = kMostDiagnosedBytes;
  for (const std::string &trace : traces_.get()) {
    const uint64_t bytes = bytes_of_file(trace);
    if (bytes == 0) continue;  // there were too many of them: this one was removed
    if (bytes > room_bytes) {
      not_read.push_back(fmt::format("{}: it has {} MB, and {} MB of traces are read for one answer", trace,
                                     bytes >> 20, kMostDiagnosedBytes >> 20));
      continue;
    }
    room_bytes -= bytes;
    const auto document = trace_diagnosis(trace);
    if (!document) {
      not_read.push_back(trace + ": " + document.error().why);
      continue;
    }
    out += separator + *document;
    separator = ",\n";
  }
  out += "],\"not_read\":";
  append_list(out, not_read, [](std::string &to, const std::string &line) { append_json(to, std::string_view(line)); });
  return out + "}\n";
}

}  // namespace wsitrace
