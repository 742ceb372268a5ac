// SPDX-License-Identifier: MIT
//
// A finding in words, for the formats that people read: text, JUnit's details, annotations.
#ifndef WSITRACE_EXPORT_FINDING_TEXT_H
#define WSITRACE_EXPORT_FINDING_TEXT_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/diagnosis/check.h"

namespace wsitrace {

// Timelines of connections, by id, to be shown beside what was found.
using ExampleTexts = std::map<uint64_t, std::string>;

// Where and since when, in printable lines: "vhost app, protocol dyn, connections 7, 9 and 3 more",
// "since 1.250 s, last event at 2.000 s, 3.100 s old at the end", "last in charge: HTTP of protocol dyn", and, where stacks were recorded, who made and
// bound one of them. Times since the start.
std::vector<std::string> facts_of(const Verdict &verdict, const Finding &finding);

// "allow.txt:3: kind=... vhost=app: allowed 2": what became of a rule; printable.
std::string rule_text(const RuleUse &rule);

}  // namespace wsitrace

#endif
