// SPDX-License-Identifier: MIT
//
// Looks at the processes of a run from outside, and finds those that use libwebsockets without being observed: started with an environment
// of their own, in another root directory, as another user, with more rights, or with libwebsockets linked statically.
//
// Source: /proc/PID/task/TID/children from the launcher down (it is a subreaper: what left its parent is its own child), maps, exe, root,
//         environ. The loader maps what LD_PRELOAD names before it maps anything else, so a process that has libwebsockets without the
//         preload library will never have it.
// Limits: a process that lived shorter than kLookNs may have been missed; where the kernel has no children files all are.
// Cost:   a look takes some 20 us for each process and thread; looks become rarer with time, down to one a second.
#ifndef WSITRACE_CLI_RUN_SURVEY_H
#define WSITRACE_CLI_RUN_SURVEY_H

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/cli/run/unobserved.h"

namespace wsitrace {

class Survey {
 public:
  static constexpr uint64_t kLookNs = 50'000'000;

  // LIBRARY: the preload library; RING: the ring file. Both as the processes' environment names them.
  Survey(std::string library, std::string ring);

  // Looks if it is time to. Returns what was not known before.
  std::vector<Unobserved> look(uint64_t now_ns);
  // What was found, in the order of the processes' numbers.
  [[nodiscard]] std::vector<Unobserved> found() const;

 private:
  struct Seen {
    uint64_t doubtful_since_ns = 0;  // it has the library and not the ring
    std::string static_lws_of;       // the executable that was looked into
    bool has_static_lws = false;
  };

  void look_at(pid_t pid, uint64_t now_ns);

  std::string library_, file_, ring_, own_executable_;  // file_: what library_ leads to
  uint64_t started_ns_ = 0, next_ns_ = 0;
  std::map<pid_t, Seen> seen_;
  std::map<pid_t, Unobserved> found_;
};

}  // namespace wsitrace

#endif
