// SPDX-License-Identifier: MIT
#include "agent/cli/run/live_view.h"

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "agent/cli/run/reports.h"
#include "agent/cli/run/trace_diagnosis.h"
#include "agent/export/prometheus/process_metrics.h"

namespace wsitrace {
namespace {

constexpr std::chrono::milliseconds kWorkPause{10};

}  // namespace

LiveView::LiveView()
    : site_({.metrics = [this] { return render_metrics(metrics_); },
             .report = [this] { return report(); },
             .open_metrics = [this] { return render_open_metrics(metrics_); },
             .board = &board_,
             .diagnosis = [this] { return diagnosis(); }}) {}

LiveView::~LiveView() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  traces_.stop();
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
  server_.reset();
}

Expected<void> LiveView::start(const ServeOptions &options) {
  auto server = Server::start(options, site_);
  if (!server) return unexpected(server.error());
  server_ = std::move(*server);
  worker_ = std::thread([this] { work(); });
  return {};
}

std::string LiveView::url() const { return server_->url() + "/"; }

std::shared_ptr<LiveProcess> LiveView::listener() {
  auto process = board_.listener();
  process->add(std::make_shared<ProcessMetrics>(metrics_, process->log().judge));
  return process;
}

void LiveView::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    site_.work();
    lock.lock();
    changed_.wait_for(lock, kWorkPause, [this] { return stopping_; });
  }
}

std::string LiveView::report() {
  const std::vector<std::string> traces = traces_.get();
  if (traces.empty()) throw std::runtime_error("nothing was recorded yet");
  return json_report(traces.front());
}

Expected<std::string> LiveView::diagnosis() {
  const std::vector<std::string> traces = traces_.get();
  if (traces.empty()) return unexpected(Error{"diagnosis", "nothing was recorded yet", {}});
  return trace_diagnosis(traces.front());
}

}  // namespace wsitrace
