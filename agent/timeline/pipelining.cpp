// SPDX-License-Identifier: MIT
//
// A request was pipelined when it arrived before the response to the one before was complete. lws does not tell; the reads do. Nothing
// was read from the socket between the completion and the request: lws had it already. Something was: then it counts what
// the kernel said at the completion, if it was asked. Streams of h2 run side by side and are never pipelined.
#include "agent/timeline/fold.h"

namespace wsitrace {

void note_completion(Life &life, const Event &event) {
  if (life.completion.seen) return;  // lws may complete one exchange twice
  life.completion.seen = true;
  life.completion.asked = (event.flags & kSocketAsked) != 0;
  life.completion.filled = (event.flags & kSocketFilled) != 0;
  life.completion.read_mark = event.value;
}

void judge_pipelining(Life &life, Transaction &transaction, const Event &request) {
  const Completion before = life.completion;
  life.completion = {};
  if (life.is_stream()) return;
  const auto decide = [&](bool pipelined, PipelinedEvidence evidence) {
    transaction.pipelined = pipelined;
    transaction.pipelined_evidence = evidence;
  };
  if (before.outstanding) return decide(true, PipelinedEvidence::kResponseOutstanding);
  if (transaction.index == 1 && life.connection.opened_seen) return decide(false, PipelinedEvidence::kFirstRequest);
  if (!before.seen || before.read_mark == 0) return;
  if (before.read_mark == request.value) return decide(true, PipelinedEvidence::kAlreadyRead);
  if (!before.asked) return;
  decide(before.filled, before.filled ? PipelinedEvidence::kWaitedInSocket : PipelinedEvidence::kSocketWasEmpty);
}

}  // namespace wsitrace
