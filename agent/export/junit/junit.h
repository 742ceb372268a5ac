// SPDX-License-Identifier: MIT
//
// A check as JUnit XML, for whatever shows test results: GitLab, Jenkins, CTest's dashboards.
//
//    testsuite "wsitrace"
//      testcase KIND         for each kind of finding, so that a clean run shows what was looked for: passed, or failure with its
//                            findings; skipped where nothing was found, but that cannot be promised
//      testcase conclusive   error when it is not, with the doubts
//      testcase allow_list   when there is one: failure when a stale rule fails the check; else says what the rules allowed
// Names do not depend on the run, so that a test's history is one. Whatever XML 1.0 has no character for becomes U+FFFD.
#ifndef WSITRACE_EXPORT_JUNIT_JUNIT_H
#define WSITRACE_EXPORT_JUNIT_JUNIT_H

#include <string>

#include "agent/diagnosis/check.h"

namespace wsitrace {

std::string junit_xml(const Check &check);

}  // namespace wsitrace

#endif
