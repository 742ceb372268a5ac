// SPDX-License-Identifier: MIT
#include "agent/diagnosis/verdict.h"

namespace wsitrace {

const char *name_of(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::kClean: return "clean";
    case Conclusion::kFindings: return "findings";
    case Conclusion::kInconclusive: break;
  }
  return "inconclusive";
}

void Verdict::conclude() {
  conclusion = !doubts.empty()     ? Conclusion::kInconclusive
               : !findings.empty() ? Conclusion::kFindings
                                   : Conclusion::kClean;
}

int Verdict::exit_status() const {
  switch (conclusion) {
    case Conclusion::kClean: return 0;
    case Conclusion::kFindings: return 1;
    case Conclusion::kInconclusive: break;
  }
  return 3;
}

void Verdict::name_frames(const NameFrames &name) {
  for (Finding &finding : findings) {
    finding.created_at = name(finding.created_stack);
    finding.bound_at = name(finding.bound_stack);
    finding.callback = function_at(name, finding.callback_address);
  }
  for (Diagnosis &trouble : troubles) trouble.callback = function_at(name, trouble.callback_address);
}

}  // namespace wsitrace
