// SPDX-License-Identifier: MIT
//
// Metrics are the counters, gauges and histograms of the README's table, kept while timelines fold.
//
// Who uses it: a Timeline tells it what happens, as its TimelineObserver; render_metrics() turns it into the text of a
//              scrape. One Metrics may hear several timelines, one per process: it only adds and subtracts.
// Sum:         opened counts at first sight, with the vhost and class of that moment, and never goes back; closed counts
//              with those at the end. A connection that moved to another vhost (SNI, Host) was opened on one and closed on
//              the other.
// Threads:     any; one mutex. Counting events by kind takes no lock.
// Cost:        memory follows open connections (one tree node each, for the oldest of a group). The number of series
// does not:
//              labels come from closed lists or from CappedNames. Collect() copies what it shows and is for a cold
//              thread.
// Source:      https://prometheus.io/docs/practices/naming/,
// https://prometheus.io/docs/instrumenting/exposition_formats/
#ifndef WSITRACE_EXPORT_PROMETHEUS_METRICS_H
#define WSITRACE_EXPORT_PROMETHEUS_METRICS_H

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/timeline/timeline.h"

namespace wsitrace {

class Metrics final : public TimelineObserver, public prometheus::Collectable {
 public:
  Metrics();
  ~Metrics() override;
  Metrics(const Metrics &) = delete;
  Metrics &operator=(const Metrics &) = delete;

  // A process that is observed: for wsitrace_build_info, and for the wall clock of oldest starts (all processes of one
  // machine share CLOCK_MONOTONIC). Tell it before its connections, and again when a fact changed.
  void add_process(const ProcessFacts &process);
  // What a process lost between two states of its log: pass the last Loss it was told, then the new one.
  void add_loss(const Loss &before, const Loss &now);
  // A connection whose process is gone without closing it: leaves the gauges, counts as nothing. For
  // Timeline::for_each_open.
  void forget_open(const Connection &connection);

  void on_event_counted(uint16_t kind) override;
  void on_connection_opened(const Connection &connection) override;
  void on_connection_changed(const Connection &before, const Connection &now) override;
  void on_tls_established(const Connection &connection) override;
  void on_bound(const Connection &connection, const Binding &binding) override;
  void on_dropped(const Connection &connection, const Binding &binding) override;
  void on_transaction_ended(const Connection &connection, const Transaction &transaction) override;
  void on_session_opened(const Connection &connection) override;
  void on_session_closed(const Connection &connection) override;
  void on_connection_closed(const Connection &connection) override;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Counts;
  class Families;
  std::unique_ptr<Counts> counts_;
};

// The text of a scrape: text/plain; version=0.0.4; charset=utf-8.
std::string render_metrics(const prometheus::Collectable &metrics);

}  // namespace wsitrace

#endif
