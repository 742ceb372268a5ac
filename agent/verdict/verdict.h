// SPDX-License-Identifier: MIT
//
// The verdict: what a finished timeline says about leaks, and whether it may say so.
//
// A connection that is open at the end is a finding only when its context is gone: lws then had to destroy it. A program that
// ends without lws_context_destroy leaves connections "live at exit", which is no leak.
// Any loss makes a clean verdict inconclusive: what was lost may have been the leak.
#ifndef WSITRACE_VERDICT_VERDICT_H
#define WSITRACE_VERDICT_VERDICT_H

#include <string>
#include <vector>

#include "agent/timeline/timeline.h"

namespace wsitrace {

// X(enumerator, name in JSON and metrics)
#define WSITRACE_FINDING_KINDS(X)                                                                          \
  X(kConnectionNotDestroyed, "connection_not_destroyed") /* no WSI_DESTROY although the context is gone */ \
  X(kBindingNotDropped, "binding_not_dropped")           /* a protocol still bound to such a connection */

enum class FindingKind {
#define WSITRACE_FINDING(enumerator, name) enumerator,
  WSITRACE_FINDING_KINDS(WSITRACE_FINDING)
#undef WSITRACE_FINDING
};
const char *name_of(FindingKind);

struct Finding {
  FindingKind kind = FindingKind::kConnectionNotDestroyed;
  uint64_t connection = 0;  // id
  uint64_t pointer = 0;
  std::string vhost;
  std::string protocol;  // of a binding
  std::string message;   // one sentence for people
};

enum class Conclusion { kClean, kFindings, kInconclusive };
const char *name_of(Conclusion);

struct Verdict {
  Conclusion conclusion = Conclusion::kClean;
  std::vector<Finding> findings;    // by connection
  std::vector<std::string> doubts;  // why nothing can be promised; also beside findings
  uint64_t live_at_exit = 0;        // open connections that are no finding

  // What `wsitrace check` exits with: 0, 1 or 3.
  [[nodiscard]] int exit_status() const;
};

// Call when the log has ended. Pure.
Verdict judge(const Timeline &timeline);

}  // namespace wsitrace

#endif
