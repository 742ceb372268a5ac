// SPDX-License-Identifier: MIT
//
// The tracing side of a run: the preload library, the ring file, the collector and the recordings it feeds. A run whose rings
// could not be made has none of this, and its program runs all the same.
//
// Ring file: removed when everything in it was drained; kept, and named, when draining failed.
// Threads:   one. No thread is started before serve().
#ifndef WSITRACE_CLI_RUN_TRACING_H
#define WSITRACE_CLI_RUN_TRACING_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/cli/run/live_view.h"
#include "agent/cli/run/recordings.h"
#include "agent/cli/run/reports.h"
#include "agent/cli/run/run_options.h"
#include "agent/collect/collector.h"

namespace wsitrace {

class Tracing {
 public:
  // REPORTS hear the first process that records; they outlive this.
  static Expected<std::unique_ptr<Tracing>> prepare(const RunOptions &options, Reports &reports);
  ~Tracing();
  Tracing(const Tracing &) = delete;
  Tracing &operator=(const Tracing &) = delete;

  // Environment variables of a program that links NEEDED.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> variables(
      const std::vector<std::string> &needed) const;
  // The preload library, as LD_PRELOAD names it.
  [[nodiscard]] const std::string &library() const { return link_.empty() ? library_ : link_; }
  Expected<void> serve(const ServeOptions &options);
  [[nodiscard]] std::string url() const { return live_->url(); }

  void begin(Collector::EndOfProcess end_of_process);
  // One turn: drains, and makes what was recorded readable when that is due.
  void turn();
  [[nodiscard]] size_t live_processes() const { return collector_ ? collector_->live_processes() : 0; }
  [[nodiscard]] uint32_t a_live_pid() const;
  // The last turn: ends all logs.
  void finish();

  // Makes the trace file of a run in which nothing was recorded. PROGRAM speaks for it when no process attached.
  void write_silent(const ProcessFacts &program, const End &end, const std::string &why);

  [[nodiscard]] const Recordings &recordings() const { return recordings_; }
  [[nodiscard]] const std::string &ring_path() const { return ring_.path(); }
  [[nodiscard]] std::string ring_notice() const;
  [[nodiscard]] uint64_t lost() const;
  // What stopped the draining, if anything did.
  [[nodiscard]] const std::optional<Error> &failure() const { return failure_; }

 private:
  Tracing(const RunOptions &options, RingFile ring, std::string library, Reports &reports);
  std::vector<std::shared_ptr<LogSink>> sinks_for_process(bool first);
  Expected<void> make_loadable();
  template <typename Step>
  void guard(Step step);

  Reports &reports_;
  RingFile ring_;
  std::string library_;
  std::string link_;  // a name for the library that LD_PRELOAD can hold, if its own is none
  std::unique_ptr<LiveView> live_;
  Recordings recordings_;
  std::optional<Collector> collector_;
  uint64_t flushed_ns_ = 0;
  uint64_t lost_without_process_ = 0;
  std::optional<Error> failure_;
};

}  // namespace wsitrace

#endif
