// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_JSON_DIAGNOSIS_JSON_H
#define WSITRACE_EXPORT_JSON_DIAGNOSIS_JSON_H

#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/diagnosis/doctor.h"

namespace wsitrace {

// What went wrong, for programs: "wsitrace.diagnosis/1", as deploy/manual/explain.md describes it. DOCTOR has finished.
std::string diagnosis_json(const Doctor &doctor, const DiagnosisChoice &choice = {});

// The same of all diagnoses, and what else is asked of it.
struct DiagnosisDocument {
  std::string text;
  std::string program;
  SeverityCounts counts;
};
DiagnosisDocument diagnosis_document(const Doctor &doctor);

// "wsitrace.diagnoses/1": documents of several processes, and why there are no more.
class DiagnosisSet {
 public:
  void add(const std::string &document);
  void leave_out(const std::string &line);
  void leave_out(const Error &why);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] size_t left_out() const { return not_read_.size(); }

 private:
  std::string documents_;
  std::vector<std::string> not_read_;
};

}  // namespace wsitrace

#endif
