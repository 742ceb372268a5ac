// SPDX-License-Identifier: MIT
//
// The directory in which an agent keeps its traces, so that they never take more room than the user has given them.
//
//   agent-PROGRAM.PID-20261121T120000.123Z.wsitrace    one process from then on, until it ends or the trace is big or old enough
//
// Only files with such names, of this user, are ever removed, and none that is being written (its writer holds a lock).
// Bound:   max_files closed traces of about max_bytes each, and one open trace for each process.
// Threads: one.
#ifndef WSITRACE_CLI_AGENT_TRACE_SHELF_H
#define WSITRACE_CLI_AGENT_TRACE_SHELF_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/collect/trace_writer.h"

namespace wsitrace {

struct TraceLimits {
  uint64_t max_bytes = 64u << 20;  // a trace that has grown to this is closed
  uint64_t max_age_s = 24 * 3600;  // and one that was begun this long ago
  size_t max_files = 100;          // closed traces that are kept, the youngest
};

class TraceShelf {
 public:
  using ReportError = std::function<void(const Error &)>;

  // Refuses a directory that is none, or that cannot be written to.
  static Expected<TraceShelf> open(const std::string &directory, const TraceLimits &limits, ReportError report_error);

  struct Opened {
    std::string path;
    std::shared_ptr<TraceWriter> writer;
  };
  Expected<Opened> begin(std::string_view program_untrusted, uint32_t pid, uint64_t session);
  // A trace was closed: removes what is too many.
  void tidy();

  [[nodiscard]] const TraceLimits &limits() const { return limits_; }
  void report(const Error &error) const { report_error_(error); }
  [[nodiscard]] uint64_t removed() const { return removed_; }

 private:
  TraceShelf(std::string directory, Fd opened, const TraceLimits &limits, ReportError report_error)
      : directory_(std::move(directory)),
        opened_(std::move(opened)),
        limits_(limits),
        report_error_(std::move(report_error)) {}

  // The directory that was opened, wherever its name leads by now; once it was removed, the one of the same user's in its place.
  int opened();

  std::string directory_;
  Fd opened_;
  TraceLimits limits_;
  ReportError report_error_;
  uint64_t removed_ = 0;
};

// "agent-PROGRAM.PID-20261121T120000.123Z"; begun at BEGUN_REAL_NS since the Unix epoch.
std::string trace_stem(std::string_view program_untrusted, uint32_t pid, uint64_t begun_real_ns);

}  // namespace wsitrace

#endif
