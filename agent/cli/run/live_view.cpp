// SPDX-License-Identifier: MIT
#include "agent/cli/run/live_view.h"

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "agent/cli/formats/places.h"
#include "agent/cli/run/reports.h"
#include "agent/export/prometheus/process_metrics.h"
#include "agent/trace_diagnosis/trace_diagnosis.h"

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
  if (diagnoser_.joinable()) diagnoser_.join();
  server_.reset();
}

Expected<void> LiveView::start(const ServeOptions &options) {
  auto server = Server::start(options, site_);
  if (!server) return unexpected(server.error());
  server_ = std::move(*server);
  worker_ = std::thread([this] { work(Site::Share::kAllElse); });
  diagnoser_ = std::thread([this] { work(Site::Share::kDiagnosis); });
  return {};
}

std::string LiveView::url() const { return server_->url() + "/"; }

std::shared_ptr<LiveProcess> LiveView::listener() {
  auto process = board_.listener();
  process->add(std::make_shared<ProcessMetrics>(metrics_, process->log().judge));
  return process;
}

void LiveView::work(Site::Share share) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    site_.work(share);
    lock.lock();
    changed_.wait_for(lock, kWorkPause, [this] { return stopping_; });
  }
}

std::string LiveView::report() {
  const std::vector<std::string> traces = traces_.get();
  if (traces.empty()) throw std::runtime_error("nothing was recorded yet");
  return json_report(traces.front());
}

Site::Diagnosed LiveView::diagnosis() {
  const std::vector<std::string> traces = traces_.get();
  TraceDiagnoses found = traces.empty() ? no_diagnoses({"diagnosis", "nothing was recorded yet", {}})
                                        : diagnose_traces(traces, {.afterwards = name_places});
  metrics_.set_diagnosed(found.by_program.empty() ? std::nullopt
                                                  : std::optional(Diagnosed{found.counts(), found.unix_ns}));
  metrics_.set_not_diagnosed(found.set.left_out());
  return {std::move(found.first), found.set.text()};
}

}  // namespace wsitrace
