// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_RUN_RUN_OPTIONS_H
#define WSITRACE_CLI_RUN_RUN_OPTIONS_H

#include <cstdint>
#include <string>
#include <vector>

#include "agent/cli/output.h"
#include "agent/serve/serve_options.h"
#include "wsitrace/layout.h"

namespace wsitrace {

// What the user asked of `wsitrace run`, checked.
struct RunOptions {
  std::string output;                // -o, empty: PROGRAM.PID.wsitrace
  ServeOptions serve;                // nothing to listen on: do not serve
  std::vector<std::string> formats;  // F or F=FILE, each
  bool check = false;
  std::vector<std::string> allow;  // files
  bool strict_allow = false;
  bool require_closed = false;
  bool stacks = false;
  bool session_memory = false;
  bool no_arguments = false;
  bool verbose = false;
  uint32_t ring_slots = kDefaultRingSlots;
  std::vector<std::string> arguments;  // PROGRAM first
};

}  // namespace wsitrace

#endif
