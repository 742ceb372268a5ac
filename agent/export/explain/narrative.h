// SPDX-License-Identifier: MIT
//
// A narrative, put together and laid out: a heading, then what it is, what happened, why it ended, what to look at.
#ifndef WSITRACE_EXPORT_EXPLAIN_NARRATIVE_H
#define WSITRACE_EXPORT_EXPLAIN_NARRATIVE_H

#include <string>

#include "agent/export/explain/subject.h"

namespace wsitrace {

// WIDTH: columns to wrap at; 0: one sentence a line. ODDITY: why it was chosen; nullopt: it was asked for.
std::string narrative_of(const Subject &subject, const LogFacts &log, size_t width);

// SENTENCE in lines of WIDTH columns (0: one line), each indented, the second and later ones by HANGING more.
std::string wrapped(const std::string &sentence, size_t width, size_t indent, size_t hanging);

}  // namespace wsitrace

#endif
