// SPDX-License-Identifier: MIT
//
// The parts of a board's answers (SCHEMA.md). Times are nanoseconds since the start of the process that they belong to.
#ifndef WSITRACE_EXPORT_LIVE_ROW_JSON_H
#define WSITRACE_EXPORT_LIVE_ROW_JSON_H

#include <string>

#include "agent/export/live/live_process.h"

namespace wsitrace {

// "4711/7"
std::string row_key(uint32_t pid, uint64_t id);
void append_row(std::string &out, const ProcessFacts &process, const Connection &connection);
// {"pid","program","started_at","now_ns","ended"}; SHORTLY: {"pid","now_ns","ended"}.
void append_live_process(std::string &out, const LiveProcess &process, Ns now_ns, bool shortly);
// NOW_NS since the start of the process; of one that has ended: its last event.
int64_t now_of(const LiveProcess &process, Ns now_ns);

}  // namespace wsitrace

#endif
