// SPDX-License-Identifier: MIT
#ifndef WSITRACE_EXPORT_TEXT_VERDICT_TEXT_H
#define WSITRACE_EXPORT_TEXT_VERDICT_TEXT_H

#include <string>

#include "agent/verdict/verdict.h"

namespace wsitrace {

// The verdict in lines: each finding, each doubt, and one line that says what follows.
std::string verdict_text(const Verdict &verdict);

}  // namespace wsitrace

#endif
