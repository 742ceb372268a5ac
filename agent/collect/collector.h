// SPDX-License-Identifier: MIT
//
// The collector drains the rings of a ring file, merges those of one process by time and tells each process's log to a
// LogSink of its own.
//
// Order:  a record is handed on only when no ring of its process can still bring an older one (the watermark), so every
//         sink sees one log ordered by time.
// Loss:   recorded + lost = observed, exactly; on_loss tells the sums when they change. Causes are those of LossCause
//         and "damaged", what a ring held but no reader can understand. `no_process` is counted for the file; the process
//         that has been there longest tells it.
// End:    a process that is gone ends with what EndOfProcess says, else "exit" when it said goodbye, else "unknown"; one
//         that called exec with "exec"; one that is still there when finish() is called with "exit" or "detached".
// Cost:   a pass over idle rings reads one cache line per claimed ring. Drain + fold: at least 5 M events/s.
// Threads: all calls from one thread.
#ifndef WSITRACE_COLLECT_COLLECTOR_H
#define WSITRACE_COLLECT_COLLECTOR_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/collect/ring_file.h"
#include "agent/collect/sampled.h"
#include "wsitrace/log.h"

namespace wsitrace {

class Collector {
 public:
  // Called when a process has claimed a block; the sink must live until the collector or finish() has told it on_end.
  using SinkForProcess = std::function<std::shared_ptr<LogSink>(const ProcessFacts &)>;
  // How a process ended, if the caller knows (it is the parent and has waited for it); asked now and then until it
  // answers. An answer ends the log. As long as a child of this process is a zombie without an answer, its log waits.
  // ATTACHED_NS: when it attached; who had the number PID and ended before is another.
  using EndOfProcess = std::function<std::optional<End>(uint32_t pid, uint64_t attached_ns)>;

  Collector(RingFile &file, SinkForProcess sink_for_process, EndOfProcess end_of_process = {});
  ~Collector();

  // SAMPLER hears, in each pass, what threads are in.
  void sample_callbacks(CallbackSampler sampler);

  // One pass: drains what is there, keeps spares ready, ends the logs of processes that are gone and takes their blocks
  // back. Returns the number of events handed on. Call every 10 ms or so.
  size_t drain();

  // The last pass: drains everything without a watermark and ends all logs.
  void finish();

  [[nodiscard]] size_t live_processes() const;
  // Events lost for want of a process block while no process was there whose on_loss could tell of them.
  [[nodiscard]] uint64_t lost_without_process() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Reads a ring file that nobody owns any more into one log per process, in the order in which the processes attached.
// Changes nothing in the file.
Expected<void> read_ring_file(const std::string &path, const Collector::SinkForProcess &sink_for_process);
// The processes that have a block of FILE, in the order in which they attached. What they say of themselves is not checked.
std::vector<ProcessFacts> processes_in(const RingFile &file);

}  // namespace wsitrace

#endif
