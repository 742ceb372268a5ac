// SPDX-License-Identifier: MIT
#include "agent/verdict/verdict.h"

namespace wsitrace {

const char *name_of(FindingKind kind) {
  switch (kind) {
#define WSITRACE_FINDING(enumerator, name, advice) \
  case FindingKind::enumerator: return name;
    WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
  }
  return "unknown";
}

const char *advice_on(FindingKind kind) {
  switch (kind) {
#define WSITRACE_FINDING(enumerator, name, advice) \
  case FindingKind::enumerator: return advice;
    WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
  }
  return "";
}

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
  }
}

}  // namespace wsitrace
