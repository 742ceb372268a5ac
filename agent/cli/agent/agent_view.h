// SPDX-License-Identifier: MIT
//
// What an agent serves: metrics of all programs, and the connections of all processes.
//
//   collector's thread     listeners fold each process into metrics and board
//   worker's thread        renders what is asked for
//   diagnoser's thread     renders /api/diagnosis, /api/trace and, into a file without a name, /api/report, one at a time, and tells the
//                          metrics how much there is: no scrape waits for it
//   server's thread        HTTP
//
// /api/report is {"schema":"wsitrace.reports/1","reports":[...]}, one wsitrace.report/1 for each process that is observed or was one
// of the last kReported to end. /api/diagnosis is {"schema":"wsitrace.diagnoses/1","documents":[...],"not_read":[...]}, one
// wsitrace.diagnosis/1 for each of these that has a trace.
#ifndef WSITRACE_CLI_AGENT_AGENT_VIEW_H
#define WSITRACE_CLI_AGENT_AGENT_VIEW_H

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "agent/cli/agent/program_metrics.h"
#include "agent/collect/sampled.h"
#include "agent/export/live/live_board.h"
#include "agent/serve/served_site.h"
#include "agent/serve/site.h"
#include "agent/trace_diagnosis/fresh_traces.h"

namespace wsitrace {

class AgentView {
 public:
  static constexpr size_t kReported = 16;

  // HISTORY: ended connections kept, of all processes together. TRACES: the directory in which the agent keeps traces; empty: it keeps none.
  AgentView(size_t history, std::string traces);
  ~AgentView();
  AgentView(const AgentView &) = delete;
  AgentView &operator=(const AgentView &) = delete;

  Expected<void> start(const ServeOptions &options) { return served_.start(options); }
  [[nodiscard]] std::string url() const { return served_.url(); }

  // For the log of one more process.
  std::shared_ptr<LogSink> listener(const ProcessFacts &facts);
  // Of a process of PROGRAM, which is not trusted.
  void sampled(const std::string &program, const SampledCallback &sampled) {
    metrics_.add_sampled(program, sampled.protocol, sampled.reason, sampled.for_ns);
  }
  void set_rings(const RingCounts &rings) { metrics_.set_rings(rings); }
  // For the collector's thread: the youngest trace of each process.
  [[nodiscard]] FreshTraces &traces() { return traces_; }

 private:
  [[nodiscard]] Site::Made report() const;
  Expected<Site::Made> trace(uint32_t pid);
  Site::Diagnosed diagnosis();  // and lets the metrics show it

  ProgramMetrics metrics_;
  LiveBoard board_;
  Site site_;
  const std::string trace_directory_;
  FreshTraces traces_;

  mutable std::mutex mutex_;
  std::list<std::shared_ptr<LiveProcess>> processes_;  // guarded by mutex_
  ServedSite served_{site_};                           // the last: its threads use the others
};

}  // namespace wsitrace

#endif
