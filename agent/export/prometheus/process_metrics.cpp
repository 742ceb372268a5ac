// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/process_metrics.h"

#include <mutex>

namespace wsitrace {

class ProcessMetrics::Listener final : public TimelineObserver, public Metrics::FindingSource {
 public:
  explicit Listener(Metrics &told) : metrics(told) {}

  void on_event_counted(uint16_t kind) override {
    metrics.on_event_counted(kind);
    changed = true;
  }
  void on_connection_event(const Connection &c, const Event &event, std::span<const std::byte> items) override {
    findings.on_connection_event(c, event, items);
  }
  void on_connection_opened(const Connection &c) override {
    metrics.on_connection_opened(c);
    findings.on_connection_opened(c);
  }
  void on_connection_changed(const Connection &before, const Connection &now) override {
    metrics.on_connection_changed(before, now);
    findings.on_connection_changed(before, now);
  }
  void on_tls_established(const Connection &c) override { metrics.on_tls_established(c, pid()); }
  void on_bound(const Connection &c, const Binding &binding) override { metrics.on_bound(c, binding); }
  void on_dropped(const Connection &c, const Binding &binding) override { metrics.on_dropped(c, binding); }
  void on_transaction_ended(const Connection &c, const Transaction &t) override {
    metrics.on_transaction_ended(c, t, pid());
  }
  void on_session_opened(const Connection &c) override { metrics.on_session_opened(c); }
  void on_session_closed(const Connection &c) override { metrics.on_session_closed(c, pid()); }
  void on_connection_closed(const Connection &c) override {
    metrics.on_connection_closed(c, pid());
    findings.on_connection_closed(c);
  }
  void on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) override {
    findings.on_descriptor_left(context, descriptor, kind, when);
  }

  void count_findings() override {
    const std::lock_guard lock(mutex);
    if (!changed) return;
    changed = false;
    const FindingCounts now = findings.count(timeline);
    metrics.add_findings(counted, now);
    counted = now;
  }

  [[nodiscard]] uint32_t pid() const { return timeline.process().pid; }

  Metrics &metrics;
  std::mutex mutex;  // guards the rest
  LiveFindings findings;
  FindingCounts counted{};
  bool changed = false;  // since they were counted
  Loss loss;
  Timeline timeline{*this};
};

ProcessMetrics::ProcessMetrics(Metrics &metrics) : listener_(std::make_shared<Listener>(metrics)) {
  metrics.add_source(listener_);
}
ProcessMetrics::~ProcessMetrics() = default;

void ProcessMetrics::on_process(const ProcessFacts &facts) {
  listener_->metrics.add_process(facts);
  const std::lock_guard lock(listener_->mutex);
  listener_->timeline.on_process(facts);
}

void ProcessMetrics::on_string(uint16_t id, std::string_view text) {
  const std::lock_guard lock(listener_->mutex);
  listener_->timeline.on_string(id, text);
}

void ProcessMetrics::on_event(const Event &event, std::span<const std::byte> items) {
  const std::lock_guard lock(listener_->mutex);
  listener_->timeline.on_event(event, items);
}

void ProcessMetrics::on_loss(const Loss &loss) {
  const std::lock_guard lock(listener_->mutex);
  listener_->metrics.add_loss(listener_->loss, loss);
  listener_->loss = loss;
  listener_->timeline.on_loss(loss);
}

void ProcessMetrics::on_end(const End &end) {
  {
    const std::lock_guard lock(listener_->mutex);
    listener_->timeline.on_end(end);
    listener_->changed = true;
    listener_->timeline.for_each_open([this](const Connection &open) { listener_->metrics.forget_open(open); });
  }
  listener_->count_findings();
}

}  // namespace wsitrace
