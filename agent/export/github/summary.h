// SPDX-License-Identifier: MIT
//
// A check as Markdown, for the summary of a step (the file that $GITHUB_STEP_SUMMARY names, at most 1 MiB): one line that says
// what follows, a table of the findings, then doubts and rules.
#ifndef WSITRACE_EXPORT_GITHUB_SUMMARY_H
#define WSITRACE_EXPORT_GITHUB_SUMMARY_H

#include <string>
#include <string_view>

#include "agent/verdict/check.h"

namespace wsitrace {

inline constexpr size_t kSummaryRows = 200;  // some 200 KiB with the longest names

std::string github_summary(const Check &check);

// TEXT on one line and without meaning to Markdown, also within a table.
std::string escaped_markdown(std::string_view text_untrusted);

}  // namespace wsitrace

#endif
