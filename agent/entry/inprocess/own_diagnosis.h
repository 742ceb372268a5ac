// SPDX-License-Identifier: MIT
#ifndef WSITRACE_ENTRY_INPROCESS_OWN_DIAGNOSIS_H
#define WSITRACE_ENTRY_INPROCESS_OWN_DIAGNOSIS_H

#include <cstdint>
#include <functional>
#include <string>

#include "agent/base/expected.h"
#include "agent/export/json/diagnosis_json.h"

namespace wsitrace {

// More is not read: the host waits at its end for what is under way here.
inline constexpr uint64_t kMostOwnBytes = 16u << 20;

// "wsitrace.diagnosis/1" of the trace that this process writes, without the names of callbacks: no debug information is read in the
// host. DRAIN is called every few milliseconds meanwhile: the rings fill up. An Error says why there is none.
Expected<DiagnosisDocument> own_diagnosis(const std::string &trace, const std::function<void()> &drain);

}  // namespace wsitrace

#endif
