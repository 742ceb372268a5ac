// SPDX-License-Identifier: MIT
//
// Learns how processes end. The launcher is a subreaper (prctl(2)): a descendant whose parent has ended becomes its child,
// so that a daemon's end is seen as well as that of the program itself.
#ifndef WSITRACE_CLI_RUN_REAPER_H
#define WSITRACE_CLI_RUN_REAPER_H

#include <sys/types.h>

#include <map>
#include <optional>
#include <vector>

#include "wsitrace/log.h"

namespace wsitrace {

class Reaper {
 public:
  // PROGRAM has been forked and does not run yet: whatever other children there are by now are the launcher's own.
  explicit Reaper(pid_t program);

  // Waits for whatever has ended by now.
  void reap();
  // How the process ended; nothing while it runs, or when somebody else waits for it. Answers once, except for the program.
  // One that ended before ATTACHED_NS only had the same number.
  std::optional<End> end_of(uint32_t pid, uint64_t attached_ns = 0);

  // Exit status as a shell has it: 128+N for signal N. Nothing while the program runs.
  [[nodiscard]] std::optional<int> program_status() const;
  // Children that the program has left behind. Reads /proc.
  [[nodiscard]] std::vector<pid_t> orphans() const;

 private:
  struct Ended {
    int wait_status;
    uint64_t reaped_ns;
  };

  pid_t program_;
  std::vector<pid_t> own_;  // children that the program did not leave behind
  std::map<pid_t, Ended> ended_;
};

End end_from_wait_status(int wait_status);

}  // namespace wsitrace

#endif
