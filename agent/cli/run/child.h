// SPDX-License-Identifier: MIT
//
// The program that is traced, from fork to exec. The fork comes first, while the launcher has no thread and no file open that the
// program could inherit; the new process then waits until start(), so that nothing runs before rings, server and sinks are ready.
//
//   fork() --> waiting --start()--> running
//                 |
//                 +----- dropped: ends without having run anything
#ifndef WSITRACE_CLI_RUN_CHILD_H
#define WSITRACE_CLI_RUN_CHILD_H

#include <sys/types.h>

#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/cli/run/signals.h"

namespace wsitrace {

class Child {
 public:
  static Expected<Child> fork(const std::vector<std::string> &arguments, const std::vector<std::string> &environment,
                              const Signals &signals);

  // Lets it run the program, found as execvp(3) finds it. 0, or the error number of the exec that failed.
  int start();
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  Child() = default;

  pid_t pid_ = -1;
  Fd go_;      // a byte starts the program, the end of the file drops it
  Fd result_;  // closed by a successful exec, else the error number
};

// What a shell would exit with when it cannot run a program: 127 not found, 126 not executable.
int status_of_failed_exec(int error_number);
Error error_of_failed_exec(const std::string &program, int error_number);

}  // namespace wsitrace

#endif
