// SPDX-License-Identifier: MIT
//
// The live board: what goes on in all observed processes, as rows that can be looked through and followed. It answers
// api/connections, api/findings and api/live of agent/serve/site.h.
//
// Who uses it: `run --serve`, the agent, plugin and link. listener() for each process's log; a cold thread renders.
// Following:   hello() is the state as of now and a position; changes(position) is what is new since, and the next position.
//              The board remembers nothing of who follows. SCHEMA.md beside this file has the messages.
// Processes:   told apart by pid; when a pid comes again (exec, reuse), the rows of the process before leave.
// Ended ones:  Limits::ended connections are kept whole, of all processes together, and the last Limits::ended_processes.
//              Connections that were open when their process ended stay as they were, behind those that are open.
// Findings:    as a check has them (agent/diagnosis/judge.h), but that the log has no end is no doubt; their number in messages is
//              up to 5 s old.
// Memory:      88 bytes of row and about 32 of index for an open connection beyond its timeline; an ended one also what its
//              Connection needs.
// Threads:     any; one mutex, held while an answer is rendered. Time comes from the caller: NOW_NS is CLOCK_MONOTONIC.
// Cost:        of 100,000 open connections, a page of 200 or a hello takes 2 ms, findings 40 ms
//              (tests/unit/live/live_board_test.cpp prints it).
#ifndef WSITRACE_EXPORT_LIVE_LIVE_BOARD_H
#define WSITRACE_EXPORT_LIVE_LIVE_BOARD_H

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/batch_mutex.h"
#include "agent/export/live/live_process.h"
#include "agent/export/live/row_table.h"
#include "agent/export/live/selection.h"

namespace wsitrace {

// One message of api/live.
struct LiveMessage {
  std::string text;
  uint64_t position = 0;  // what has been told with it
  bool tells = true;      // false: nothing is new, it is a heartbeat
};

class LiveBoard {
 public:
  static constexpr size_t kHelloRows = 2000;
  static constexpr size_t kHelloEnded = 200;
  static constexpr size_t kChangedRows = 1000;

  struct Limits {
    size_t ended = 10'000;
    size_t ended_processes = 64;
  };

  LiveBoard() : LiveBoard(Limits{}) {}
  explicit LiveBoard(Limits limits) : limits_(limits), shared_(limits.ended) {}
  LiveBoard(const LiveBoard &) = delete;
  LiveBoard &operator=(const LiveBoard &) = delete;

  // For the log of one more process.
  std::shared_ptr<LiveProcess> listener();
  // Tells these that somebody wants to see what they keep.
  void ask();

  // wsitrace.connections/1
  [[nodiscard]] std::string connections(const ConnectionQuery &query, Ns now_ns) const;
  // The connection object of wsitrace.report/1; nothing: not known, or not any more.
  [[nodiscard]] std::optional<std::string> connection(uint32_t pid, uint64_t id) const;
  // wsitrace.findings/1
  [[nodiscard]] std::string findings(Ns now_ns) const;
  // wsitrace.live/1. changes() is another hello when too much has gone since.
  [[nodiscard]] LiveMessage hello(Ns now_ns) const;
  [[nodiscard]] LiveMessage changes(uint64_t position, Ns now_ns) const;

 private:
  using Processes = std::vector<std::shared_ptr<LiveProcess>>;

  // With the mutex held, all of them.
  void supersede(const LiveProcess &process);
  void limit_ended_processes();
  [[nodiscard]] std::optional<uint32_t> find(uint32_t pid, uint64_t id) const;
  [[nodiscard]] LiveMessage render_hello(Ns now_ns) const;
  void append_state(std::string &out, Ns now_ns) const;
  [[nodiscard]] size_t finding_count(Ns now_ns) const;

  const Limits limits_;
  mutable LiveRows shared_;  // its mutex guards all below
  Processes processes_;
  uint32_t next_number_ = 0;
  mutable size_t findings_ = 0;  // as of findings_ns_: judging anew for each message would cost too much
  mutable Ns findings_ns_ = 0;
};

}  // namespace wsitrace

#endif
