// SPDX-License-Identifier: MIT
//
// Metrics are the counters, gauges and histograms of the table in deploy/manual/metrics.md, kept while timelines fold.
//
// Who uses it: ProcessMetrics tells it what happens in one process; render_metrics() and render_open_metrics() turn it into the
//              text of a scrape. One Metrics may hear of several processes: it only adds and subtracts.
// Sum:         opened counts at first sight, with the vhost and class of that moment, and never goes back; closed counts
//              with those at the end. A connection that moved to another vhost (SNI, Host) was opened on one and closed on
//              the other.
// Own clients: gauges and durations show them as class="wsitrace"; at first sight nobody knows, so the counters of opened and closed
//              connections have them as clients, both. How they use keep-alive is not counted.
// Threads:     any; one mutex, which whoever has much to tell keeps meanwhile.
// Cost:        memory follows open connections (one tree node each, for the oldest of a group). The number of series does not:
//              labels come from closed lists or from CappedNames. Collect() copies what it shows and is for a cold thread.
// Source:      https://prometheus.io/docs/practices/naming/, https://prometheus.io/docs/instrumenting/exposition_formats/
#ifndef WSITRACE_EXPORT_PROMETHEUS_METRICS_H
#define WSITRACE_EXPORT_PROMETHEUS_METRICS_H

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/batch_mutex.h"
#include "agent/diagnosis/finding.h"
#include "agent/export/prometheus/diagnosed.h"
#include "agent/export/prometheus/exposed.h"
#include "agent/export/prometheus/lasting.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

using FindingCounts = std::array<uint64_t, kFaults>;  // findings, not connections: one a kind, vhost and protocol

struct MetricCounts;

class Metrics final : public Exposed {
 public:
  // Whether it is known of a connection that it asks for nothing but wsitrace (OwnClients).
  enum class Own { kNo, kYes };

  Metrics();
  ~Metrics() override;
  Metrics(const Metrics &) = delete;
  Metrics &operator=(const Metrics &) = delete;

  [[nodiscard]] BatchMutex &mutex();
  // A process that is observed: for wsitrace_build_info, and for the wall clock of oldest starts (all processes of one
  // machine share CLOCK_MONOTONIC). Tell it before its connections, and again when a fact changed.
  void add_process(const ProcessFacts &process);
  // What a process lost between two states of its log: pass the last Loss it was told, then the new one.
  void add_loss(const Loss &before, const Loss &now);
  // The same for its findings. Those of a process that has ended stay.
  void add_findings(const FindingCounts &before, const FindingCounts &now);
  // The callbacks that last in process PID.
  void set_lasting(uint32_t pid, const std::vector<Lasting> &lasting);
  // A callback returned after LASTED_S or a little more; only where that is 0.2 s or more.
  void on_callback_lasted(std::string_view protocol, int reason, double lasted_s);
  // What Collector::sample_callbacks() tells of a thread. REASON -1: it was in no callback.
  void add_sampled(std::string_view protocol, int reason, uint64_t for_ns);
  // What somebody who reads whole traces has found. Nothing: he has not, or could not.
  void set_diagnosed(const std::optional<Diagnosed> &diagnosed);
  // Traces that he could not read: what is in them is not counted.
  void set_not_diagnosed(uint64_t traces);
  // A connection whose process is gone without closing it: leaves the gauges, counts as nothing. For
  // Timeline::for_each_open.
  void forget_open(const Connection &connection, Own own = Own::kNo);
  // An open connection asks for nothing but wsitrace, or no longer so: it changes between class="client" and class="wsitrace".
  void on_own_changed(const Connection &connection, Own own);

  // As TimelineObserver has them. PID is the connection's process, for exemplars; 0: they do without.
  void on_event_counted(uint16_t kind);
  void on_connection_opened(const Connection &connection);
  void on_connection_changed(const Connection &before, const Connection &now, Own own = Own::kNo);
  void on_tls_established(const Connection &connection, uint32_t pid = 0);
  void on_bound(const Connection &connection, const Binding &binding);
  void on_dropped(const Connection &connection, const Binding &binding);
  void on_transaction_ended(const Connection &connection, const Transaction &transaction, uint32_t pid = 0,
                            Own own = Own::kNo);
  void on_session_opened(const Connection &connection);
  void on_session_closed(const Connection &connection, uint32_t pid = 0);
  void on_connection_closed(const Connection &connection, uint32_t pid = 0, Own own = Own::kNo);

  std::vector<prometheus::MetricFamily> Collect() const override;
  std::vector<ExposedFamily> collect_exposed() const override;
  void on_rendered(double seconds, uint64_t bytes) const override;

 private:
  std::unique_ptr<MetricCounts> counts_;
};

// The text of a scrape: text/plain; version=0.0.4; charset=utf-8.
std::string render_metrics(const prometheus::Collectable &metrics);
// The same metrics with the same values: application/openmetrics-text; version=1.0.0; charset=utf-8. With exemplars where METRICS
// is Exposed.
std::string render_open_metrics(const prometheus::Collectable &metrics);

}  // namespace wsitrace

#endif
