// SPDX-License-Identifier: MIT
#include "agent/cli/run/live_view.h"

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "agent/cli/run/reports.h"
#include "agent/export/prometheus/process_metrics.h"

namespace wsitrace {
namespace {

constexpr std::chrono::milliseconds kWorkPause{10};
constexpr std::chrono::milliseconds kFlushPatience{200};

}  // namespace

LiveView::LiveView()
    : site_({.metrics = [this] { return render_metrics(metrics_); },
             .report = [this] { return report(); },
             .open_metrics = [this] { return render_open_metrics(metrics_); },
             .board = &board_}) {}

LiveView::~LiveView() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
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

bool LiveView::wants_flush() const {
  const std::lock_guard lock(mutex_);
  return wants_flush_;
}

void LiveView::flushed(const std::string &trace_path) {
  {
    const std::lock_guard lock(mutex_);
    trace_path_ = trace_path;
    wants_flush_ = false;
  }
  changed_.notify_all();
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
  std::string path;
  {
    std::unique_lock lock(mutex_);
    wants_flush_ = true;
    changed_.wait_for(lock, kFlushPatience, [this] { return !wants_flush_ || stopping_; });
    path = trace_path_;
  }
  if (path.empty()) throw std::runtime_error("nothing was recorded yet");
  return json_report(path);
}

}  // namespace wsitrace
