// SPDX-License-Identifier: MIT
//
// A log with a Doctor at its side, read from a file: what `explain` and api/diagnosis render.
#ifndef WSITRACE_CLI_FORMATS_DIAGNOSED_LOG_H
#define WSITRACE_CLI_FORMATS_DIAGNOSED_LOG_H

#include <cstdint>
#include <string>

#include "agent/collect/read_log.h"
#include "agent/diagnosis/doctor.h"

namespace wsitrace {

struct DiagnosedLog {
  explicit DiagnosedLog(Doctor::Evidence kept = Doctor::Evidence::kOfTheFirst) : doctor(log, kept) {
    log.timeline.add(doctor);
  }

  // read_log(). Unless nothing at all was heard, the doctor has finished then, and callbacks have names.
  Expected<ReadLog> read(const std::string &path, uint32_t pid = 0);

  JudgedLog log;
  Doctor doctor;
};

}  // namespace wsitrace

#endif
