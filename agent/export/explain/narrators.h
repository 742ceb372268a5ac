// SPDX-License-Identifier: MIT
//
// The four parts of a narrative, one file each. Each gives whole sentences, or fewer where the trace says less. Internal to the
// room; narrative.cpp puts them together.
#ifndef WSITRACE_EXPORT_EXPLAIN_NARRATORS_H
#define WSITRACE_EXPORT_EXPLAIN_NARRATORS_H

#include "agent/diagnosis/subject.h"

namespace wsitrace {

// identity.cpp: what this wsi is, and how that is known.
Sentences identity_of(const Subject &subject, const LogFacts &log);

// story.cpp: what happened on it, by time; what repeats is grouped.
Sentences story_of(const Subject &subject, const LogFacts &log);

// ending.cpp: why it ended, by whom, on what evidence; or that it has not.
Sentences ending_of(const Subject &subject, const LogFacts &log);

// advice.cpp: what to look at in the application. Empty where nothing calls for it.
Sentences advice_of(const Subject &subject, const LogFacts &log);

// A thing that happened at a time; story.cpp sorts them.
struct Step {
  Ns at_ns = 0;
  std::string text;
};
using Steps = std::vector<Step>;

// exchanges.cpp: of the story, transactions and the idle times between them.
void add_exchanges(Steps &steps, const Connection &connection, const LogFacts &log);
// "It was idle ...", or nothing.
std::string idle_sentence(const Connection &connection, const LogFacts &log);

// binding_steps.cpp: of the story, bindings.
void add_bindings(Steps &steps, const Subject &subject, const LogFacts &log);

// ending.cpp: who ended it.
const char *sentence_of(CloseBy);

}  // namespace wsitrace

#endif
