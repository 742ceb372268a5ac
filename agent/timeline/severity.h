// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_SEVERITY_H
#define WSITRACE_TIMELINE_SEVERITY_H

namespace wsitrace {

// How much an end or an outcome calls for attention; diff, explain and the page use it alike.
enum class Severity {
  kNeutral,  // as things end
  kOdd,      // worth a look when there are more than before, no reason to look at each one: diff counts it as worse
  kBad,      // somebody did not get what he came for: diff, explain and the page show it
};
const char *name_of(Severity);

}  // namespace wsitrace

#endif
