// SPDX-License-Identifier: MIT
//
// Writes trace files: one process, one ordered log (layout in wsitrace/layout.h, prose in agent/ring/FORMAT.md).
#ifndef WSITRACE_COLLECT_TRACE_WRITER_H
#define WSITRACE_COLLECT_TRACE_WRITER_H

#include <memory>
#include <string>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "wsitrace/log.h"

namespace wsitrace {

// A LogSink that writes what it hears. Writes are buffered up to one chunk; flush() makes all of it readable by others.
// A write that fails (full disk) stops the writing; error() tells, and later events are counted as lost to the file.
class TraceWriter final : public LogSink {
 public:
  // Creates or truncates PATH, which the user named (mode 0640), and locks it, so that readers know that it is still being written.
  // What is there is judged as agent/base/output_file.h says.
  static Expected<std::shared_ptr<TraceWriter>> create(const std::string &path, uint64_t session);
  // Creates the base name of PATH in DIRECTORY, a descriptor or AT_FDCWD for all of PATH. Nothing may be there.
  static Expected<std::shared_ptr<TraceWriter>> create_new(int directory, const std::string &path, uint64_t session);
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
  static Expected<std::shared_ptr<TraceWriter>> begin(Fd fd, const std::string &path, uint64_t session);
  explicit TraceWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wsitrace

#endif
