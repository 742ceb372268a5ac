// SPDX-License-Identifier: MIT
//
// The log of one process as a contribution to Metrics. When the log ends, what was open leaves the gauges, what was found stays.
//
// Threads: one that folds; the thread of a scrape may ask for findings meanwhile, and waits for the event that is being folded.
#ifndef WSITRACE_EXPORT_PROMETHEUS_PROCESS_METRICS_H
#define WSITRACE_EXPORT_PROMETHEUS_PROCESS_METRICS_H

#include "agent/export/prometheus/metrics.h"

namespace wsitrace {

class ProcessMetrics final : public LogSink {
 public:
  // METRICS must live until the last call of this; it may be gone before this is destroyed.
  explicit ProcessMetrics(Metrics &metrics);
  ~ProcessMetrics() override;

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;

 private:
  class Listener;
  std::shared_ptr<Listener> listener_;
};

}  // namespace wsitrace

#endif
