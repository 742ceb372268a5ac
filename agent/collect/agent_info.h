// SPDX-License-Identifier: MIT
//
// DIR/agent.info: the agent that collects from the rings in DIR says where to ask and where its traces are, so that commands that are
// given such a ring or DIR can answer: what a living agent has drained is in the ring no longer.
//
//   pid 4711
//   since 81234567890                   CLOCK_MONOTONIC in ns when this was written: a process that began later only has the number
//   url http://127.0.0.1:9464/          left out when it serves nothing
//   traces /var/lib/wsitrace            left out when it keeps none
//
// Written:  by the agent, at its start, for good (rename(2)); removed when it ends. Of an agent that was killed it stays: who reads it
//           looks whether the pid lives, or somebody holds the lock on DIR (of another pid namespace), and whether the ring has an owner.
// Trust:    the reader believes it as much as the directory: a path to open for reading, a text to show.
#ifndef WSITRACE_COLLECT_AGENT_INFO_H
#define WSITRACE_COLLECT_AGENT_INFO_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/expected.h"

namespace wsitrace {

struct AgentInfo {
  uint32_t pid = 0;
  std::string url;
  std::string traces;     // a directory, absolute
  uint64_t since_ns = 0;  // 0: not known
};

Expected<void> write_agent_info(const std::string &directory, const AgentInfo &info);
void remove_agent_info(const std::string &directory);

// The agent of DIRECTORY, if it lives.
std::optional<AgentInfo> agent_of(const std::string &directory);
// The living agent that collects from the ring file PATH.
std::optional<AgentInfo> agent_of_ring(const std::string &path);

// A trace as an agent names it: agent-PROGRAM.PID-20261121T120000.123Z.wsitrace
struct AgentTrace {
  std::string path;
  std::string program;
  uint32_t pid = 0;
  uint64_t written_ns = 0;  // when the last of it was written, since 1970
};
// Whether the process that TRACE is about still runs: the trace is being written, or the process with its pid is
// old enough to be that one.
bool is_of_living(const AgentTrace &trace);
// What NAME, of a file, says; nothing: it is no such name.
std::optional<AgentTrace> trace_named(std::string_view name);
// Of each process that has a trace in DIRECTORY, the youngest; in the order of their pids.
std::vector<AgentTrace> youngest_traces(const std::string &directory);

// That the agent of PATH cannot answer with a trace, and whom to ask instead.
Error keeps_no_traces(const std::string &path, const AgentInfo &agent);

// The file to read for PATH: itself; but of a directory of rings, or a ring, from which a living agent collects, the trace that this
// keeps of process PID (0: of the only one that lives). The Error says whom to ask instead.
Expected<std::string> log_to_read(const std::string &path, uint32_t pid);

}  // namespace wsitrace

#endif
