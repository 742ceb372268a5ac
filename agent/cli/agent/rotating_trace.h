// SPDX-License-Identifier: MIT
//
// The log of one process as a row of trace files, each of which can be read alone.
//
//   waiting --first event or loss--> writing --too big, too old--> waiting ...
//      |                                |
//      +-------------- end -------------+--> done
//
// A trace that is closed while its process goes on ends as "detached". The next one begins with the facts and the strings; what is
// open then was begun before its first sight. Loss is that of the events since the trace before.
// Errors:  a trace that cannot be made or written is told, given up, and tried again kRetryNs later.
// Threads: one.
#ifndef WSITRACE_CLI_AGENT_ROTATING_TRACE_H
#define WSITRACE_CLI_AGENT_ROTATING_TRACE_H

#include <map>
#include <memory>
#include <string>

#include "agent/cli/agent/trace_shelf.h"

namespace wsitrace {

class RotatingTrace final : public LogSink {
 public:
  static constexpr uint64_t kRetryNs = 10'000'000'000;

  // SHELF outlives this.
  RotatingTrace(TraceShelf &shelf, uint64_t session) : shelf_(shelf), session_(session) {}

  void on_process(const ProcessFacts &facts) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &loss) override;
  void on_end(const End &end) override;

  // Makes what was recorded readable by others; closes the trace when it is time. Between two passes of the collector.
  void turn(uint64_t now_ns);

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] uint32_t pid() const { return facts_.pid; }
  // The youngest trace, open or closed; empty: none was begun yet.
  [[nodiscard]] const std::string &path() const { return path_; }

 private:
  void begin();
  void close(const End &end);
  [[nodiscard]] Loss loss_of_trace() const;
  [[nodiscard]] bool is_due(uint64_t now_ns) const;

  TraceShelf &shelf_;
  uint64_t session_;
  ProcessFacts facts_;
  std::map<uint16_t, std::string> strings_;
  Loss loss_, loss_before_;
  uint64_t unwritten_ = 0;  // events since the trace before that found no trace to go to
  TraceShelf::Opened trace_;
  std::string path_;
  uint64_t begun_ns_ = 0;
  uint64_t retry_ns_ = 0;
  bool rotated_ = false;  // there was a trace before: the last one tells the end
  bool ended_ = false;
};

// What was lost and recorded between two states of one log.
Loss loss_since(const Loss &before, const Loss &now);

}  // namespace wsitrace

#endif
