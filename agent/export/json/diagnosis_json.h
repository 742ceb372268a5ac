// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_JSON_DIAGNOSIS_JSON_H
#define WSITRACE_EXPORT_JSON_DIAGNOSIS_JSON_H

#include <string>

#include "agent/diagnosis/doctor.h"

namespace wsitrace {

// What went wrong, for programs: "wsitrace.diagnosis/1", as deploy/manual/explain.md describes it. DOCTOR has finished.
std::string diagnosis_json(const Doctor &doctor, const DiagnosisChoice &choice = {});

}  // namespace wsitrace

#endif
