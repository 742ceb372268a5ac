// SPDX-License-Identifier: MIT
//
// One traced run of a program, from its rings to its exit status.
//
//   prepare --> fork --> start --> drain every 10 ms until the program and what it left behind are done --> say what came of it
//
// Without rings (a full disk, a directory that may not be written to) the program runs all the same, untraced, and one line
// says why.
// Quiet:   on stderr stands only what went wrong, unless stderr is a terminal or the user asked for more.
// Threads: one, before the server has any of its own.
#ifndef WSITRACE_CLI_RUN_TRACED_RUN_H
#define WSITRACE_CLI_RUN_TRACED_RUN_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/run/child.h"
#include "agent/cli/run/elf_check.h"
#include "agent/cli/run/reaper.h"
#include "agent/cli/run/run_options.h"
#include "agent/cli/run/signals.h"
#include "agent/cli/run/survey.h"
#include "agent/cli/run/tracing.h"
#include "agent/cli/run/unobserved.h"

namespace wsitrace {

struct RunResult {
  int program_status = 0;  // 128+N for signal N
  bool started = true;     // false: program_status is the launcher's own
  std::vector<WrittenTrace> traces;
  std::vector<Unobserved> unobserved;
};

class TracedRun {
 public:
  TracedRun(const RunOptions &options, Reports &reports);
  RunResult run();

 private:
  void prepare();
  // The launcher's exit status, when the program could not be started.
  std::optional<int> launch(const Signals &signals);
  [[nodiscard]] std::vector<std::string> environment() const;

  void watch(Signals &signals);
  void look_for_other_user();
  bool is_time_to_look();
  void handle(const std::vector<ReceivedSignal> &received);
  [[nodiscard]] bool is_over();
  pid_t awaited();
  void say_waiting(pid_t pid);

  void finish();
  [[nodiscard]] std::vector<WrittenTrace> traces() const;
  [[nodiscard]] Error why_silent() const;
  [[nodiscard]] ProcessFacts facts_of_program() const;
  void be_silent();
  void say_unobserved();
  void say_loss() const;
  void say_summary() const;
  [[nodiscard]] const std::string &program() const { return options_.arguments.front(); }

  const RunOptions &options_;
  Reports &reports_;
  const bool talkative_;
  std::optional<ProgramFacts> facts_;
  std::unique_ptr<Tracing> tracing_;  // null: the program runs untraced
  std::optional<Child> child_;
  std::optional<Reaper> reaper_;
  Forwarding forwarding_;
  uint64_t started_mono_ns_ = 0, started_real_ns_ = 0;
  uint64_t ended_ns_ = 0;   // the program; 0: it runs
  uint64_t looked_ns_ = 0;  // at processes that have not recorded
  std::optional<unsigned> other_user_;
  std::optional<Survey> survey_;
  std::vector<Unobserved> unobserved_;
  pid_t awaited_ = 0, said_waiting_ = 0;
  bool detach_ = false;
};

}  // namespace wsitrace

#endif
