// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_RUN_TRACE_DIAGNOSIS_H
#define WSITRACE_CLI_RUN_TRACE_DIAGNOSIS_H

#include <cstdint>
#include <string>

#include "agent/base/expected.h"

namespace wsitrace {

// What is read for one answer at most, of all traces together: about half a second of one core.
inline constexpr uint64_t kMostDiagnosedBytes = 64u << 20;

// What `wsitrace explain TRACE --format json` prints; the trace may still be written. An Error says why that is not known: it has
// more than MOST_BYTES, is no file, or cannot be read.
Expected<std::string> trace_diagnosis(const std::string &trace, uint64_t most_bytes = kMostDiagnosedBytes);

// Of a file; 0: there is none.
uint64_t bytes_of_file(const std::string &path);

}  // namespace wsitrace

#endif
