// SPDX-License-Identifier: MIT
#include "agent/cli/run/trace_diagnosis.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "agent/cli/formats/diagnosed_log.h"
#include "agent/export/json/diagnosis_json.h"
#include "agent/text/printable.h"

namespace wsitrace {

uint64_t bytes_of_file(const std::string &path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) ? static_cast<uint64_t>(facts.st_size) : 0;
}

Expected<std::string> trace_diagnosis(const std::string &trace, uint64_t most_bytes) {
  const uint64_t bytes = bytes_of_file(trace);
  if (bytes > most_bytes)
    return unexpected(
        Error{trace,
              fmt::format("the trace has grown to {} MB, and up to {} MB are read here", bytes >> 20, most_bytes >> 20),
              "wsitrace explain " + printable(trace)});
  DiagnosedLog diagnosed;
  const auto read = diagnosed.read(trace);
  if (!read) return unexpected(Error{trace, "the trace cannot be read: " + read.error().why, {}});
  return diagnosis_json(diagnosed.doctor);
}

}  // namespace wsitrace
