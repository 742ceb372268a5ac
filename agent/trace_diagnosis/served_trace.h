// SPDX-License-Identifier: MIT
//
// A trace for somebody who reads it elsewhere: api/trace.
#ifndef WSITRACE_TRACE_DIAGNOSIS_SERVED_TRACE_H
#define WSITRACE_TRACE_DIAGNOSIS_SERVED_TRACE_H

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/base/mapping.h"
#include "agent/trace_diagnosis/fresh_traces.h"

namespace wsitrace {

// Which of TRACES is meant by PID; with 0 the only one there is. An Error says which there are.
Expected<std::string> choose_trace(const std::vector<FreshTrace> &traces, uint32_t pid);

// The trace as far as it is written by now. It may end within a chunk.
Expected<Mapping> map_trace(const std::string &path);
// The same in memory, for an observed program itself: whoever cuts off a file that is mapped there would end it. An Error: it has more than
// MOST_BYTES.
Expected<std::string> copy_trace(const std::string &path, uint64_t most_bytes);

}  // namespace wsitrace

#endif
