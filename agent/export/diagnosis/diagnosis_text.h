// SPDX-License-Identifier: MIT
//
// A doctor's report for people: the summary, what went wrong (worst first, alike connections together), what is still open.
#ifndef WSITRACE_EXPORT_DIAGNOSIS_DIAGNOSIS_TEXT_H
#define WSITRACE_EXPORT_DIAGNOSIS_DIAGNOSIS_TEXT_H

#include <set>
#include <string>

#include "agent/diagnosis/doctor.h"
#include "agent/export/finding_text.h"

namespace wsitrace {

// Connections whose timelines diagnosis_text() shows: one for each of the first diagnoses that CHOICE has.
std::set<uint64_t> examples_for(const Doctor &doctor, const DiagnosisChoice &choice = {});

// WIDTH: columns to wrap at; 0: one sentence a line. FILE: the trace, for the command that shows more. The diagnoses of one cause stand
// alone, without the summary and what is open.
std::string diagnosis_text(const Doctor &doctor, const ExampleTexts &examples, const std::string &file, size_t width,
                           const DiagnosisChoice &choice = {});

// Who the process is, how it ended, how many connections and transactions there were and how they ended.
std::string summary_text(const Doctor &doctor, size_t width);
// What is open at the end of the log, by group; empty: nothing is.
std::string open_text(const Doctor &doctor, size_t width);

}  // namespace wsitrace

#endif
