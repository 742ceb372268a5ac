// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_AGENT_AGENT_OPTIONS_H
#define WSITRACE_CLI_AGENT_AGENT_OPTIONS_H

#include <cstdint>
#include <string>
#include <vector>

#include "agent/cli/agent/trace_shelf.h"
#include "agent/collect/ring_file.h"
#include "agent/serve/serve_options.h"
#include "wsitrace/layout.h"

namespace wsitrace {

// What the user asked of `wsitrace agent`, checked.
struct AgentOptions {
  std::string directory;                    // --dir; empty: where `wsitrace run` puts its rings
  ServeOptions serve;                       // listen empty: nothing is served
  std::string traces;                       // directory, empty: none are written
  TraceLimits limits;                       // of the traces
  std::vector<std::string> rings{"agent"};  // names of the ring files to make in `directory`, without ".ring"
  uint32_t ring_slots = kDefaultRingSlots;
  size_t history = 10'000;      // ended connections kept, of all processes together
  std::vector<RingUser> users;  // who get rings of their own, `directory`/NAME.ring
  bool no_arguments = false;    // of programs: do not record them
  bool all_users = false;       // take over what other users have left behind, too
  bool once = false;            // take up what was left behind, and end
};

}  // namespace wsitrace

#endif
