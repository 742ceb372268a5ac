// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_VERDICT_JSON_H
#define WSITRACE_EXPORT_VERDICT_JSON_H

#include <string>

#include "agent/diagnosis/check.h"

namespace wsitrace {

// One object of schema wsitrace.check/1 (SCHEMA.md has its members) and a newline.
std::string verdict_json(const Check &check);

// Appends its "findings": [...].
void append_findings(std::string &out, const Check &check);

// One object, as in wsitrace.diagnosis/1; times since STARTED_NS.
void append_diagnosis(std::string &out, const Diagnosis &diagnosis, Ns started_ns);

// {"fault":1,"trouble":2,"note":3}
void append_severities(std::string &out, const SeverityCounts &counts);

}  // namespace wsitrace

#endif
