// SPDX-License-Identifier: MIT
//
// The cold side inside the host, for the plugin and the linked library: one background thread that owns the rings, drains
// them, folds, writes the trace and renders what is asked for. The host's service threads only record.
//
// Signals: the thread blocks all of them; the host's handlers never run on it.
// Fork:    the thread stays with the parent. A child records into the same ring file and is drained there: metrics count it, the
//          live board has it as another process, the report and the trace do not.
// Trace:   made at start(), where the caller hears of what is wrong with it; with trace_when_serving once serving() is told, when the host
//          has given up its privileges. Then a trace that cannot be made is complained of, and all else goes on. What happens
//          before waits in the rings.
// Exit:    at exit() the log is ended and the trace closed; after SIGKILL what was recorded is in the ring file, if named.
#ifndef WSITRACE_ENTRY_INPROCESS_IN_PROCESS_H
#define WSITRACE_ENTRY_INPROCESS_IN_PROCESS_H

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "agent/base/expected.h"
#include "agent/diagnosis/check.h"
#include "agent/probe/lws_api.h"
#include "agent/serve/site.h"

namespace wsitrace {

struct InProcessOptions {
  uint32_t attach = 0;  // Attach
  LwsApi library;
  std::string trace_file;  // empty: none
  bool trace_when_serving = false;
  std::string ring_file;    // empty: memory without a name
  uint32_t ring_slots = 0;  // 0: the default
  bool no_arguments = false;
  size_t history = 10000;  // ended connections kept for the report
  // Hears of a trace or ring file that cannot be made, also on the background thread. Without it that is an error of start().
  std::function<void(const Error &)> complain;
};

class InProcess {
 public:
  // Makes the rings, turns the probe on, starts the thread. Once per process.
  static Expected<std::shared_ptr<InProcess>> start(const InProcessOptions &options);
  ~InProcess();
  InProcess(const InProcess &) = delete;
  InProcess &operator=(const InProcess &) = delete;

  // Answers HTTP requests; see agent/serve/site.h. Rendering happens on the background thread.
  [[nodiscard]] Site &site() const;
  // There is something to render: do not wait for the next turn.
  void nudge();
  // The host's event loop runs. Cheap after the first time.
  void serving();
  // Everything recorded before the call, rendered on the calling thread.
  [[nodiscard]] std::string report_json() const;
  [[nodiscard]] std::string metrics() const;

  // A part of the program that is judged on its own (agent/diagnosis/scope.h); one at a time.
  [[nodiscard]] Expected<void> begin_check() const;
  // Ends it when it is clean, or SETTLE later.
  [[nodiscard]] Expected<Check> end_check(std::chrono::milliseconds settle) const;

  // The last drain, the end of the trace, the end of the thread. Idempotent; a no-op in a forked child.
  void stop();

 private:
  struct State;
  explicit InProcess(std::unique_ptr<State> state);
  Expected<void> begin(const InProcessOptions &options);
  void catch_up() const;

  std::unique_ptr<State> state_;
};

}  // namespace wsitrace

#endif
