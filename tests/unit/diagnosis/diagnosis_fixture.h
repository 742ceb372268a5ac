// SPDX-License-Identifier: MIT
//
// Diagnoses of scripts (tests/unit/timeline/script.h).
#ifndef WSITRACE_TESTS_UNIT_DIAGNOSIS_DIAGNOSIS_FIXTURE_H
#define WSITRACE_TESTS_UNIT_DIAGNOSIS_DIAGNOSIS_FIXTURE_H

#include <string>

#include "agent/diagnosis/doctor.h"
#include "tests/unit/export/explain_fixture.h"

namespace wsitrace::test {

struct Examined {
  explicit Examined(const Told &told, Doctor::Evidence kept = Doctor::Evidence::kOfTheFirst) : doctor(log, kept) {
    log.timeline.add(doctor);
    tell(told, log.timeline);
    doctor.finish();
  }

  JudgedLog log;
  Doctor doctor;
};

// "response_owed 2 3, not_serviced 4": cause and connections of each diagnosis, worst first.
inline std::string diagnosed(const Told &told) {
  const Examined examined(told);
  std::string out;
  for (const Diagnosis &diagnosis : examined.doctor.diagnoses()) {
    out += (out.empty() ? "" : ", ") + std::string(name_of(diagnosis.cause));
    for (const uint64_t id : diagnosis.connections) out += " " + std::to_string(id);
  }
  return out;
}

}  // namespace wsitrace::test

#endif
