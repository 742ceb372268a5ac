// SPDX-License-Identifier: MIT
//
// A narrative, put together and laid out: a heading, then what it is, what happened, why it ended, what to look at.
#ifndef WSITRACE_EXPORT_EXPLAIN_NARRATIVE_H
#define WSITRACE_EXPORT_EXPLAIN_NARRATIVE_H

#include <string>

#include "agent/diagnosis/subject.h"

namespace wsitrace {

// WIDTH: columns to wrap at; 0: one sentence a line. ODDITY: why it was chosen; nullopt: it was asked for.
std::string narrative_of(const Subject &subject, const LogFacts &log, size_t width);

}  // namespace wsitrace

#endif
