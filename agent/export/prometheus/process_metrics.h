// SPDX-License-Identifier: MIT
//
// The log of one process as a contribution to Metrics. When the log ends, what was open leaves the gauges.
#ifndef WSITRACE_EXPORT_PROMETHEUS_PROCESS_METRICS_H
#define WSITRACE_EXPORT_PROMETHEUS_PROCESS_METRICS_H

#include "agent/export/prometheus/metrics.h"

namespace wsitrace {

class ProcessMetrics final : public LogSink {
 public:
  // METRICS outlives this.
  explicit ProcessMetrics(Metrics &metrics) : metrics_(metrics), timeline_(metrics) {}

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override { timeline_.on_string(id, text); }
  void on_event(const Event &event, std::span<const std::byte> items) override { timeline_.on_event(event, items); }
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;

 private:
  Metrics &metrics_;
  Timeline timeline_;
  Loss loss_;
};

}  // namespace wsitrace

#endif
