// SPDX-License-Identifier: MIT
//
// `run --serve`: metrics, report and live view of a run while it goes on.
//
//   collector's thread     listeners fold each process into metrics_ and board_     flush() when wanted
//   worker's thread        renders /metrics from metrics_, /api/report and /api/diagnosis from the trace file that is being written,
//                          the rest of /api from board_
//   server's thread        HTTP
//
// Report and diagnosis are folded anew from the trace, so that memory does not grow with connections that are closed, a slow reader
// never holds up the collector, and no rule listens while nobody asks. They are of the first process that records.
#ifndef WSITRACE_CLI_RUN_LIVE_VIEW_H
#define WSITRACE_CLI_RUN_LIVE_VIEW_H

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "agent/cli/run/fresh_traces.h"
#include "agent/export/live/live_board.h"
#include "agent/export/prometheus/metrics.h"
#include "agent/serve/server.h"
#include "agent/serve/site.h"

namespace wsitrace {

class LiveView {
 public:
  LiveView();
  ~LiveView();
  LiveView(const LiveView &) = delete;
  LiveView &operator=(const LiveView &) = delete;

  Expected<void> start(const ServeOptions &options);
  [[nodiscard]] std::string url() const;

  // For the log of one more process.
  std::shared_ptr<LiveProcess> listener();

  // For the collector's thread: the trace of the first process, or none yet.
  [[nodiscard]] FreshTraces &traces() { return traces_; }

 private:
  void work();
  std::string report();
  Expected<std::string> diagnosis();

  Metrics metrics_;
  LiveBoard board_;
  Site site_;
  std::unique_ptr<Server> server_;
  FreshTraces traces_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread worker_;
};

}  // namespace wsitrace

#endif
