// SPDX-License-Identifier: MIT
//
// A log with a Doctor at its side, read from a file: what `explain` and api/diagnosis render.
#ifndef WSITRACE_TRACE_DIAGNOSIS_DIAGNOSED_LOG_H
#define WSITRACE_TRACE_DIAGNOSIS_DIAGNOSED_LOG_H

#include <cstdint>
#include <functional>
#include <string>

#include "agent/collect/read_log.h"
#include "agent/diagnosis/doctor.h"

namespace wsitrace {

// What a reader's caller wants done: every few milliseconds while a log is read, as the rings of whoever reads fill up; and when the
// doctor has finished, such as giving names to callbacks.
struct WhileRead {
  std::function<void()> meanwhile = {};
  std::function<void(Doctor &)> afterwards = {};
};

struct DiagnosedLog {
  explicit DiagnosedLog(Doctor::Evidence kept = Doctor::Evidence::kOfTheFirst) : doctor(log, kept) {
    log.timeline.add(doctor);
  }

  // read_log(). Unless nothing at all was heard, the doctor has finished then.
  Expected<ReadLog> read(const std::string &path, uint32_t pid, const WhileRead &wanted);

  JudgedLog log;
  Doctor doctor;
};

}  // namespace wsitrace

#endif
