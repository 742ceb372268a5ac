// SPDX-License-Identifier: MIT
//
// A check as workflow commands of GitHub Actions: lines on stdout that become annotations of the job.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
//
//    ::error title=wsitrace%3A connection_not_destroyed::MESSAGE%0A  where and since when%0A...
//    ::error file=src/client.c,line=41,title=...     the same, where stacks were recorded: the innermost line below ROOT
//    ::warning title=...::MESSAGE      a doubt; a stale rule, unless it fails the check
//
// Escapes: as the toolkit does it (actions/toolkit, packages/core/src/command.ts): % CR LF in a message; : and , too in a property.
// Bounds:  GitHub shows ten annotations of each level and step; of the tenth on, one line says how many there are.
//
// A check as Markdown, for the summary of a step (the file that $GITHUB_STEP_SUMMARY names, at most 1 MiB): one line that says
// what follows, a table of the findings, then doubts and rules.
#ifndef WSITRACE_EXPORT_GITHUB_GITHUB_H
#define WSITRACE_EXPORT_GITHUB_GITHUB_H

#include <string>
#include <string_view>

#include "agent/base/source_root.h"
#include "agent/diagnosis/check.h"

namespace wsitrace {

inline constexpr size_t kAnnotations = 10;

std::string github_annotations(const Check &check, const SourceRoot &root = SourceRoot());

// What is not UTF-8, and other control characters than tab, CR and LF, become U+FFFD first.
std::string escaped_message(std::string_view text_untrusted);
std::string escaped_property(std::string_view text_untrusted);

inline constexpr size_t kSummaryRows = 200;  // some 200 KiB with the longest names

std::string github_summary(const Check &check);

// TEXT on one line and without meaning to Markdown, also within a table.
std::string escaped_markdown(std::string_view text_untrusted);

}  // namespace wsitrace

#endif
