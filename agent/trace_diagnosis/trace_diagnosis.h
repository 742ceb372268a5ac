// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TRACE_DIAGNOSIS_TRACE_DIAGNOSIS_H
#define WSITRACE_TRACE_DIAGNOSIS_TRACE_DIAGNOSIS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/export/json/diagnosis_json.h"
#include "agent/trace_diagnosis/diagnosed_log.h"
#include "agent/trace_diagnosis/fresh_traces.h"

namespace wsitrace {

// What is read for one answer at most, of all traces together: about half a second of one core.
inline constexpr uint64_t kMostDiagnosedBytes = 64u << 20;
// The same in an observed program itself, which waits at its end for what is under way.
inline constexpr uint64_t kMostOwnBytes = 16u << 20;

// What `wsitrace explain TRACE --format json` prints; the trace may still be written. An Error says why that is not known: it has
// more than MOST_BYTES, is no file, or cannot be read.
Expected<DiagnosisDocument> trace_diagnosis(const std::string &trace, const WhileRead &wanted, uint64_t most_bytes);

// The same of several traces, as far as they have kMostDiagnosedBytes together.
struct TraceDiagnoses {
  Expected<std::string> first;  // the document of the first trace
  DiagnosisSet set;             // of those that exist
  std::map<std::string, SeverityCounts> by_program;
  uint64_t unix_ns = 0;  // when that was

  [[nodiscard]] SeverityCounts counts() const;
};
TraceDiagnoses diagnose_traces(const std::vector<FreshTrace> &traces, const WhileRead &wanted);
// There are none, because of WHY.
TraceDiagnoses no_diagnoses(const Error &why);

// Of a file; 0: there is none.
uint64_t bytes_of_file(const std::string &path);

}  // namespace wsitrace

#endif
