// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/trace_diagnosis.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/base/clock.h"
#include "agent/text/printable.h"

namespace wsitrace {

uint64_t bytes_of_file(const std::string &path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) ? static_cast<uint64_t>(facts.st_size) : 0;
}

Expected<DiagnosisDocument> trace_diagnosis(const std::string &trace, const WhileRead &wanted, uint64_t most_bytes) {
  const uint64_t bytes = bytes_of_file(trace);
  if (bytes > most_bytes)
    return unexpected(
        Error{trace,
              fmt::format("the trace has grown to {} MB, and up to {} MB are read here", bytes >> 20, most_bytes >> 20),
              "wsitrace explain " + printable(trace)});
  DiagnosedLog diagnosed;
  const auto read = diagnosed.read(trace, 0, wanted);
  if (!read) return unexpected(Error{trace, "the trace cannot be read: " + read.error().why, {}});
  return diagnosis_document(diagnosed.doctor);
}

SeverityCounts TraceDiagnoses::counts() const {
  SeverityCounts sum;
  for (const auto &[program, counts] : by_program) sum.add(counts);
  return sum;
}

TraceDiagnoses diagnose_traces(const std::vector<FreshTrace> &traces, const WhileRead &wanted) {
  TraceDiagnoses all{unexpected(Error{"diagnosis", "nothing was recorded yet", {}}), {}, {}, realtime_ns()};
  uint64_t room_bytes = kMostDiagnosedBytes;
  for (const auto &[trace, pid] : traces) {
    if (::access(trace.c_str(), F_OK) != 0) continue;  // there were too many of them: this one was removed
    const uint64_t bytes = bytes_of_file(trace);
    auto document = trace_diagnosis(trace, wanted, room_bytes);
    if (document) {
      room_bytes -= std::min(room_bytes, bytes);
      all.by_program[document->program].add(document->counts);
      all.set.add(document->text);
    } else if (bytes > room_bytes) {
      all.set.leave_out(fmt::format("{}: it has {} MB, and {} MB of traces are read for one answer", trace, bytes >> 20,
                                    kMostDiagnosedBytes >> 20));
    } else {
      all.set.leave_out(trace + ": " + document.error().why);
    }
    if (&trace == &traces.front().path)
      all.first = std::move(document).map([](DiagnosisDocument &&made) { return std::move(made.text); });
  }
  return all;
}

TraceDiagnoses no_diagnoses(const Error &why) {
  TraceDiagnoses none{unexpected(why), {}, {}, realtime_ns()};
  none.set.leave_out(why);
  return none;
}

}  // namespace wsitrace
