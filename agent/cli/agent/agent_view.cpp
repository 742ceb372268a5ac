// SPDX-License-Identifier: MIT
#include "agent/cli/agent/agent_view.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace wsitrace {
namespace {

constexpr std::chrono::milliseconds kRenderPause{10};

}  // namespace

AgentView::AgentView(size_t history)
    : board_({.ended = history}),
      site_({[this] { return render_metrics(metrics_); }, [this] { return report(); },
             [this] { return render_open_metrics(metrics_); }, &board_}) {}

AgentView::~AgentView() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
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

}  // namespace wsitrace
