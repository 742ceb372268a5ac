// SPDX-License-Identifier: MIT
//
// The files that `wsitrace top FILE|DIR` looks at: traces, finished or being written, and rings that were left behind.
//
// refresh() reads what has come since the last time. Of a directory the kMaxFiles youngest are watched; files that appear are added,
// files that are removed stay as they were last seen. A ring whose owner is running is drained by it: the trace is complete, the ring is not;
// of a ring or a directory from which a living agent collects, it is the traces that the agent keeps of the processes that live.
// Errors:  problems() names what could not be read or was cut off; all else is shown.
// Threads: one.
#ifndef WSITRACE_CLI_TOP_WATCHED_FILES_H
#define WSITRACE_CLI_TOP_WATCHED_FILES_H

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/cli/top/watched_log.h"
#include "agent/collect/trace_reader.h"

namespace wsitrace {

class WatchedFiles {
 public:
  static constexpr size_t kMaxFiles = 64;

  // One process's log, and whether it goes on.
  struct Process {
    const WatchedLog *log;
    bool lives;
  };

  // Refuses what is neither a trace, a ring nor a directory.
  static Expected<WatchedFiles> open(const std::string &path);

  void refresh();
  // In the order in which they started. Those in which nothing was heard are left out.
  [[nodiscard]] std::vector<Process> processes() const;
  [[nodiscard]] std::vector<Error> problems() const;
  // False: one of the problems is that a file cannot be read. Those of one that was cut off leave it true.
  [[nodiscard]] bool all_readable() const;
  [[nodiscard]] const std::string &path() const { return path_; }

 private:
  struct File {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
    Fd fd;
    std::unique_ptr<TraceReader> reader;            // of a trace
    std::vector<std::shared_ptr<WatchedLog>> logs;  // one, or those of a ring
    std::vector<Error> problems;                    // at most one
    bool growing = true;
    bool cut_off = false;
  };

  explicit WatchedFiles(std::string path) : path_(std::move(path)) {}
  void find_files();
  void add(const std::string &path);
  void find_traces_of_agent();
  static void read(File &file);
  static void read_trace(File &file);
  static void read_ring(File &file);
  [[nodiscard]] bool is_told(const File &file) const;
  [[nodiscard]] bool is_watched(dev_t device, ino_t inode) const;

  std::string path_;
  bool directory_ = false;
  std::optional<Error> of_agent_;  // an agent collects, and keeps no traces
  std::vector<std::unique_ptr<File>> files_;
};

}  // namespace wsitrace

#endif
