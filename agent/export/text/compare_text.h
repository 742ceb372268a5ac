// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_TEXT_COMPARE_TEXT_H
#define WSITRACE_EXPORT_TEXT_COMPARE_TEXT_H

#include <string>

#include "agent/compare/comparison.h"

namespace wsitrace {

// A table of what changed, worst first, or one line that says that nothing did; then the doubts, what became of each rule, and one line
// that says what follows from the rules, if there are any.
std::string compare_text(const Comparison &comparison, bool colour = false);

}  // namespace wsitrace

#endif
