// SPDX-License-Identifier: MIT
//
// A check as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code scanning and its viewers.
//
//    one run   of the tool wsitrace, with a rule for each kind of finding (id: its name; help: what to do)
//    result    a finding: level error, the program as the artifact that was analysed, vhost, protocol and connections as logical
//              locations, all else that is known as properties. Its fingerprint is kind, program, vhost and protocol: what makes
//              it the same finding in the next run
//    invocation  exit code; doubts are notifications of the execution, stale rules of an allow-list of the configuration
//    stack     who made and bound one of its connections; sources below the root as relative references with the base %SRCROOT%,
//              others as file:// URIs
// A leak has no line: the region is line 1, by which viewers mean the whole artifact, and without which code scanning refuses a
// result. What is not UTF-8 becomes U+FFFD.
#ifndef WSITRACE_EXPORT_SARIF_SARIF_H
#define WSITRACE_EXPORT_SARIF_SARIF_H

#include <string>

#include "agent/base/source_root.h"
#include "agent/diagnosis/check.h"

namespace wsitrace {

std::string sarif(const Check &check, const SourceRoot &root = SourceRoot());

}  // namespace wsitrace

#endif
