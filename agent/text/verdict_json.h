// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TEXT_VERDICT_JSON_H
#define WSITRACE_TEXT_VERDICT_JSON_H

#include <string>

#include "agent/verdict/check.h"

namespace wsitrace {

// One object of schema wsitrace.check/1 (SCHEMA.md has its members) and a newline.
std::string verdict_json(const Check &check);

// Appends its "findings": [...].
void append_findings(std::string &out, const Check &check);

}  // namespace wsitrace

#endif
