// SPDX-License-Identifier: MIT
//
// A ring file that this agent owns, made by it or taken over, and the collector that drains it.
//
// A process is gone when its pid is, and also when the pid has the file mapped no longer: it has executed something else, or the
// number belongs to another process by now.
// The file stays behind when somebody uses it still: those go on recording, and the next agent takes it over. Of other users' processes
// only those are known that have recorded.
// Threads: one.
#ifndef WSITRACE_CLI_AGENT_DRAINED_RING_H
#define WSITRACE_CLI_AGENT_DRAINED_RING_H

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/cli/agent/file_users.h"
#include "agent/collect/collector.h"

namespace wsitrace {

class DrainedRing {
 public:
  // For a process in the ring file of this SESSION (FileHeader::session).
  using SinkForProcess = std::function<std::shared_ptr<LogSink>(const ProcessFacts &facts, uint64_t session)>;

  // OURS: the agent keeps it for programs to come; others are removed once nobody uses them.
  DrainedRing(RingFile file, bool ours, SinkForProcess sink_for_process);
  DrainedRing(const DrainedRing &) = delete;
  DrainedRing &operator=(const DrainedRing &) = delete;

  void sample_callbacks(CallbackSampler sampler) { collector_.sample_callbacks(std::move(sampler)); }
  size_t drain() { return collector_.drain(); }
  // Taken over, drained, and used by nobody any more.
  bool is_deserted();
  // What a program has left since the last call that could not map the file; as it is.
  [[nodiscard]] std::optional<std::string> news_untrusted();
  // The last pass; removes the file if nobody uses it.
  void finish();

  [[nodiscard]] bool ours() const { return ours_; }
  [[nodiscard]] const std::string &path() const { return file_.path(); }
  [[nodiscard]] size_t live_processes() const { return collector_.live_processes(); }

 private:
  struct Look {
    uint64_t due_ns = 0;
    bool missed = false;  // the mapping was not there; a process may be between one image and the next
  };

  std::optional<End> end_of(uint32_t pid, uint64_t attached_ns);

  RingFile file_;
  FileIdentity identity_;
  bool ours_;
  std::map<uint32_t, Look> looks_;  // by pid
  uint64_t users_looked_ns_ = 0;
  std::string notice_;
  Collector collector_;
};

}  // namespace wsitrace

#endif
