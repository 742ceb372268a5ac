// SPDX-License-Identifier: MIT
#ifndef WSITRACE_COLLECT_READ_LOG_H
#define WSITRACE_COLLECT_READ_LOG_H

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/expected.h"
#include "wsitrace/log.h"

namespace wsitrace {

// A log that could be read.
struct ReadLog {
  // What to tell the user where nobody will write its end: the writer was killed, or the file was cut.
  std::optional<Error> cut_off;
};

// Reads FILE into SINK: a finished trace, a trace still being written, one that was cut off, or a ring file that a killed program
// left behind (its first recording process, or the one with PID when PID is not 0). For a ring or a directory from which a living
// agent collects, the trace that it keeps is read instead (log_to_read). Everything intact is delivered, in order,
// before an Error is returned: for a file that is damaged, foreign, empty, cut off within its header or of a later version.
Expected<ReadLog> read_log(const std::string &path, LogSink &sink, uint32_t pid = 0);

}  // namespace wsitrace

#endif
