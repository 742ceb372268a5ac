// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_TEXT_VERDICT_TEXT_H
#define WSITRACE_EXPORT_TEXT_VERDICT_TEXT_H

#include <string>
#include <vector>

#include "agent/diagnosis/check.h"
#include "agent/export/text/examples.h"

namespace wsitrace {

// The check in lines: the findings by kind, worst first, each with where and since when; for each kind what to do about it and the
// timeline of one connection; then doubts, rules of the allow-lists, and one line that says what follows.
// EXAMPLES: texts for each verdict, or nothing.
std::string verdict_text(const Check &check, const std::vector<ExampleTexts> &examples = {});

}  // namespace wsitrace

#endif
