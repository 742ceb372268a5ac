// SPDX-License-Identifier: MIT
//
// One leak or fault that a finished timeline shows.
#ifndef WSITRACE_DIAGNOSIS_FINDING_H
#define WSITRACE_DIAGNOSIS_FINDING_H

#include <optional>
#include <string>
#include <vector>

#include "agent/diagnosis/causes.h"
#include "agent/timeline/connection.h"
#include "agent/timeline/frame.h"

namespace wsitrace {

// Unknown and not applicable: empty, std::nullopt.
struct Finding {
  Cause kind = Cause::kConnectionNotDestroyed;
  std::vector<uint64_t> connections;  // ids, oldest first; none for a context, a vhost, a descriptor
  bool certain = true;                // false: it rests on something not seen, and events were lost
  uint64_t count = 1;                 // how many; more than there are `connections` when these were too many to keep
  std::string vhost;
  std::string protocol;
  std::string last_callback;  // the application's callback that was last in charge: "HTTP of protocol dyn"
  OptionalNs first_ns;        // first and last event, CLOCK_MONOTONIC
  OptionalNs last_ns;
  OptionalNs age_ns;    // from the first event to the end of the log
  std::string message;  // one sentence, without a full stop
  std::string advice;   // instead of that of its kind
  // Of the first connection that has them: where the application stood when it was made, and at its last BIND. The frames
  // are there once somebody has named them.
  Stack created_stack;
  Stack bound_stack;
  Frames created_at;
  Frames bound_at;
  uint64_t callback_address = 0;  // of the protocol's callback; 0: unknown
  std::optional<Frame> callback;  // likewise
};

// What to change.
inline std::string advice_of(const Finding &finding) {
  return finding.advice.empty() ? row_of(finding.kind).advice : finding.advice;
}

}  // namespace wsitrace

#endif
