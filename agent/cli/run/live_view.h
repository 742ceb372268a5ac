// SPDX-License-Identifier: MIT
//
// `run --serve`: metrics, report and live view of a run while it goes on.
//
//   collector's thread     listeners fold each process into metrics_ and board_     flush() when wanted
//   worker's thread        renders /metrics from metrics_, /api/report from the trace file that is being written, the rest of /api
//                          from board_
//   diagnoser's thread     renders /api/diagnosis and /api/trace from the trace file, and tells metrics_ how much there is: no scrape waits for it
//   server's thread        HTTP
//
// Report and diagnosis are folded anew from the trace, so that memory does not grow with connections that are closed, a slow reader
// never holds up the collector, and no rule listens while nobody asks. The report is of the first process that records; so is the
// diagnosis, but as a set (api/diagnosis?as=set) and in numbers it is of all.
#ifndef WSITRACE_CLI_RUN_LIVE_VIEW_H
#define WSITRACE_CLI_RUN_LIVE_VIEW_H

#include <memory>
#include <string>

#include "agent/collect/sampled.h"
#include "agent/export/live/live_board.h"
#include "agent/export/prometheus/metrics.h"
#include "agent/serve/served_site.h"
#include "agent/serve/site.h"
#include "agent/trace_diagnosis/fresh_traces.h"

namespace wsitrace {

class LiveView {
 public:
  LiveView();
  ~LiveView();
  LiveView(const LiveView &) = delete;
  LiveView &operator=(const LiveView &) = delete;

  Expected<void> start(const ServeOptions &options) { return served_.start(options); }
  [[nodiscard]] std::string url() const { return served_.url(); }

  // For the log of one more process.
  std::shared_ptr<LiveProcess> listener();

  // For the collector's thread, of what its passes see.
  void sampled(const SampledCallback &sampled) {
    metrics_.add_sampled(sampled.protocol, sampled.reason, sampled.for_ns);
  }

  // For the collector's thread: the traces of all processes, the first one's first, or none yet.
  [[nodiscard]] FreshTraces &traces() { return traces_; }

 private:
  Site::Made report();
  Expected<Site::Made> trace(uint32_t pid);
  Site::Diagnosed diagnosis();  // and lets the metrics show it

  Metrics metrics_;
  LiveBoard board_;
  Site site_;
  FreshTraces traces_;

  ServedSite served_{site_};  // the last: its threads use the others
};

}  // namespace wsitrace

#endif
