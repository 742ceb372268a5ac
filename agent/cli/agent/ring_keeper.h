// SPDX-License-Identifier: MIT
//
// What `wsitrace agent` is: looks after the ring files of one directory, so that programs are observed that nobody started with `wsitrace run`.
//
//   programs --preload--> NAME.ring ------------+
//   killed owners ------> PROGRAM.PID.ring -----+--> one collector each --> one log a process --> view, trace
//
// Each process has sinks of its own from its first to its last word, so that no two are ever mixed up, whatever their pids are.
// Threads: run() is the collectors'; the view has its own.
// End:     SIGINT, SIGTERM, SIGQUIT, SIGHUP: everything is drained, traces are closed. Rings that are in use stay, for the next agent.
#ifndef WSITRACE_CLI_AGENT_RING_KEEPER_H
#define WSITRACE_CLI_AGENT_RING_KEEPER_H

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "agent/cli/agent/agent_options.h"
#include "agent/cli/agent/agent_view.h"
#include "agent/cli/agent/drained_ring.h"
#include "agent/cli/agent/ring_directory.h"
#include "agent/cli/agent/rotating_trace.h"
#include "agent/cli/run/signals.h"

namespace wsitrace {

class RingKeeper {
 public:
  static Expected<std::unique_ptr<RingKeeper>> start(const AgentOptions &options);
  RingKeeper(const RingKeeper &) = delete;
  RingKeeper &operator=(const RingKeeper &) = delete;

  // Until a signal; with `once`, a single round.
  void run();

 private:
  RingKeeper(const AgentOptions &options, RingDirectory directory, Signals signals)
      : options_(options), directory_(std::move(directory)), signals_(std::move(signals)) {}
  Expected<void> make_rings();
  void announce() const;
  void say_where() const;  // to those who are given our rings: DIR/agent.info
  void look();
  void turn();
  bool drain(DrainedRing &ring);  // false: there is nothing more to come
  void write_traces();
  void show_traces();
  Expected<void> make_rings_of_users(const RingFileOptions &options);
  // USER: whom it was given to; nullptr: nobody.
  void add(RingFile file, bool ours, const RingUser *user = nullptr);
  void finish();
  bool is_told_to_end();
  std::shared_ptr<LogSink> sink_for(const ProcessFacts &facts, uint64_t session);
  // nullptr: it says that it is a process that is not the user's.
  std::shared_ptr<LogSink> sink_of_user(const RingUser &user, const ProcessFacts &facts, uint64_t session);

  AgentOptions options_;
  RingDirectory directory_;
  Signals signals_;
  std::optional<TraceShelf> shelf_;
  std::unique_ptr<AgentView> view_;
  std::list<std::shared_ptr<RotatingTrace>> traces_;
  std::list<FreshTrace> ended_traces_;  // the last ones of processes that ended, at most AgentView::kReported
  std::list<DrainedRing> rings_;
  static constexpr uint64_t kMostStrangersTold = 16;
  uint64_t strangers_told_ = 0;
  uint64_t looked_ns_ = 0;
  uint64_t written_ns_ = 0;
};

}  // namespace wsitrace

#endif
