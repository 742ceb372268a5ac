// SPDX-License-Identifier: MIT
//
// `run --serve`: metrics, report and live view of a run while it goes on.
//
//   collector's thread     listeners fold each process into metrics_ and board_     flush() when wanted
//   worker's thread        renders /metrics from metrics_, /api/report from the trace file that is being written, the rest of
//                          /api from board_
//   server's thread        HTTP
//
// The report is folded anew from the trace for each request, so that memory does not grow with connections that are closed, and a
// slow reader never holds up the collector. It is of the first process that records.
#ifndef WSITRACE_CLI_RUN_LIVE_VIEW_H
#define WSITRACE_CLI_RUN_LIVE_VIEW_H

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

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

  // Collector's thread: the report wants to see what was recorded by now, and that it can.
  [[nodiscard]] bool wants_flush() const;
  void flushed(const std::string &trace_path);

 private:
  void work();
  std::string report();

  Metrics metrics_;
  LiveBoard board_;
  Site site_;
  std::unique_ptr<Server> server_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool wants_flush_ = false;  // guarded by mutex_, as is the rest
  bool stopping_ = false;
  std::string trace_path_;
  std::thread worker_;
};

}  // namespace wsitrace

#endif
