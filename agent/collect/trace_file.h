// SPDX-License-Identifier: MIT
//
// Trace files: one process, one ordered log (layout in wsitrace/layout.h, prose in agent/ring/FORMAT.md).
#ifndef WSITRACE_COLLECT_TRACE_FILE_H
#define WSITRACE_COLLECT_TRACE_FILE_H

#include <memory>
#include <optional>
#include <string>

#include "agent/base/expected.h"
#include "wsitrace/log.h"

namespace wsitrace {

// A LogSink that writes what it hears. Writes are buffered up to one chunk; flush() makes all of it readable by others.
// A write that fails (full disk) stops the writing; error() tells, and later events are counted as lost to the file.
class TraceWriter final : public LogSink {
 public:
  // Creates or truncates PATH (mode 0640) and locks it, so that readers know that it is still being written.
  static Expected<std::shared_ptr<TraceWriter>> create(const std::string &path, uint64_t session);
  ~TraceWriter() override;

  void on_process(const ProcessFacts &) override;
  void on_string(uint16_t id, std::string_view text) override;
  void on_event(const Event &event, std::span<const std::byte> items) override;
  void on_loss(const Loss &) override;
  void on_end(const End &) override;  // writes the end chunk and closes the file

  void flush();
  [[nodiscard]] const Error *error() const;

 private:
  struct State;
  explicit TraceWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A log that could be read.
struct ReadLog {
  std::optional<Error>
      cut_off;  // nobody will write its end: the writer was killed, or the file was cut. What to tell the user
};

// Reads FILE into SINK: a finished trace, a trace still being written, one that was cut off, or a ring file that a killed program
// left behind (its first recording process, or the one with PID when PID is not 0). For a ring or a directory from which a living
// agent collects, the trace that it keeps is read instead (log_to_read). Everything intact is delivered, in order,
// before an Error is returned: for a file that is damaged, foreign, empty, cut off within its header or of a later version.
Expected<ReadLog> read_log(const std::string &path, LogSink &sink, uint32_t pid = 0);

}  // namespace wsitrace

#endif
