// SPDX-License-Identifier: MIT
//
// The words of a log about its process (wsitrace/log.h), for those who decide by them: how it ended, and how wsitrace came into it.
#ifndef WSITRACE_TIMELINE_PROCESS_WORDS_H
#define WSITRACE_TIMELINE_PROCESS_WORDS_H

#include <cstddef>
#include <iterator>
#include <string_view>

#include "wsitrace/layout.h"
#include "wsitrace/log.h"

namespace wsitrace {

enum class Ending { kUnknown, kExit, kSignal, kExec, kDetached };
inline constexpr const char *kEndingNames[] = {"unknown", "exit", "signal", "exec", "detached"};

inline Ending ending_of(const End &end) {
  for (size_t i = 0; i < std::size(kEndingNames); ++i)
    if (end.kind == kEndingNames[i]) return static_cast<Ending>(i);
  return Ending::kUnknown;
}

inline bool came_as(const ProcessFacts &process, Attach attach) { return process.attach == attach_name(attach); }

}  // namespace wsitrace

#endif
