// SPDX-License-Identifier: MIT
//
// The timeline of one process as a contribution to Metrics. When its log ends, what was open leaves the gauges, what was found
// stays. Findings are as of the last on_asked(), which belongs before each scrape.
//
// lws_findings is what `wsitrace check` would list now, as far as a rule can speak before the end:
//    transactions, peers, connects, descriptors   when they see it
//    connections, bindings, vhosts left           once every context is gone
//    contexts left                                when the log has ended
//    growth                                       after the fourth load that leaves some open
//
// Threads: the one that folds; Metrics has a lock of its own.
#ifndef WSITRACE_EXPORT_PROMETHEUS_PROCESS_METRICS_H
#define WSITRACE_EXPORT_PROMETHEUS_PROCESS_METRICS_H

#include "agent/diagnosis/judged_log.h"
#include "agent/export/prometheus/metrics.h"
#include "agent/export/prometheus/own_clients.h"
#include "agent/timeline/lasting_callbacks.h"

namespace wsitrace {

class ProcessMetrics final : public TimelineObserver {
 public:
  // METRICS must live until the last call of this; it may be gone before this is destroyed. LOG is what it hears.
  ProcessMetrics(Metrics &metrics, const JudgedLog &log) : metrics_(metrics), batch_(metrics.mutex()), log_(log) {}

  void on_process_known(const ProcessFacts &facts) override;
  void on_event_counted(uint16_t kind) override;
  void on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) override;
  void on_connection_opened(const Connection &connection) override;
  void on_connection_changed(const Connection &before, const Connection &now) override;
  void on_tls_established(const Connection &connection) override;
  void on_bound(const Connection &connection, const Binding &binding) override;
  void on_dropped(const Connection &connection, const Binding &binding) override;
  void on_transaction_ended(const Connection &connection, const Transaction &transaction) override;
  void on_session_opened(const Connection &connection) override;
  void on_session_closed(const Connection &connection) override;
  void on_connection_closed(const Connection &connection) override;
  void on_lost(const Loss &before, const Loss &now) override;
  void on_loop_heard(const Event &event, std::span<const std::byte> items, const Connection *connection) override {
    lasting_.on_loop_heard(event, items, connection);
  }
  void on_log_ended(const Timeline &timeline) override;
  void on_asked(const Timeline &timeline) override;
  void on_batch(bool begun) override { begun ? batch_.begin() : batch_.end(); }

 private:
  void count_findings(const Timeline &timeline);
  void tell_lasting(const Timeline &timeline);
  void note_answer(const Connection &connection, std::string_view protocol);
  [[nodiscard]] Metrics::Own own(const Connection &connection) const;

  Metrics &metrics_;
  Keeping batch_;
  const JudgedLog &log_;
  OwnClients own_clients_;
  uint32_t pid_ = 0;
  LastingCallbacks lasting_;
  bool lasting_told_ = false;
  FindingCounts counted_{};
  bool changed_ = false;  // since they were counted
};

}  // namespace wsitrace

#endif
