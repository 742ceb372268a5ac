// SPDX-License-Identifier: MIT
//
// The traces of a program's forked processes, which `wsitrace run` writes beside its own: NAME.PID.wsitrace
// beside NAME.wsitrace, FILE.PID beside any other FILE.
#ifndef WSITRACE_CLI_CHILDREN_H
#define WSITRACE_CLI_CHILDREN_H

#include <string>
#include <vector>

namespace wsitrace {

struct ChildTrace {
  std::string file;
  std::string pid;
};

// Those that lie beside FILE now, by pid; none for the URL of a live wsitrace.
std::vector<ChildTrace> child_traces(const std::string &file);

}  // namespace wsitrace

#endif
