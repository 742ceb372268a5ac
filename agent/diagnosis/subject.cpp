// SPDX-License-Identifier: MIT
#include "agent/diagnosis/subject.h"

#include <algorithm>

#include "agent/diagnosis/clues.h"
#include "agent/lws/timeouts.h"
#include "agent/text/printable.h"
#include "agent/timeline/process_words.h"
#include "wsitrace/event.h"

namespace wsitrace {
namespace {

// Raw sockets receive without an event, so that silence says nothing of them.
bool may_wait(const Connection &connection) {
  if (connection.origin == Origin::kOutbound) return true;
  return connection.origin == Origin::kAdopted && connection.role != Role::kRaw && connection.role != Role::kRawFile;
}

}  // namespace

LogFacts facts_of(const Timeline &timeline, uint64_t loop_turns) {
  LogFacts facts;
  facts.started_ns = timeline.process().started_mono_ns;
  facts.last_ns = timeline.last_event_ns();
  facts.by_preload = came_as(timeline.process(), kAttachPreload);
  facts.by_link = came_as(timeline.process(), kAttachLink);
  facts.loss = timeline.loss();
  facts.contexts_gone = timeline.contexts_gone();
  facts.loop_turns = loop_turns;
  facts.end = timeline.ending();
  if (const End *end = timeline.end()) facts.last_ns = std::max(facts.last_ns, end->mono_ns.value_or(0));
  return facts;
}

std::string quoted(std::string_view text_untrusted) {
  return text_untrusted.empty() ? "unknown" : "'" + printable(text_untrusted) + "'";
}

std::optional<Wait> wait_for_loop(const Subject &subject, const LogFacts &log) {
  if (!may_wait(subject.connection) || !subject.connection.opened_seen) return std::nullopt;
  Wait wait;
  uint64_t turns_before = 0;
  bool begun = false;
  subject.events.for_each([&](const KeptEvent &event) {
    if (wait.until_ns) return;
    if (prepares(subject.connection, event.kind)) {
      wait.since_ns = event.at_ns;
      turns_before = event.loop_turns;
      begun = true;
    } else if (begun) {
      wait.until_ns = event.at_ns;
      wait.loop_turns = event.loop_turns - turns_before;
    }
  });
  if (!begun) return std::nullopt;
  if (!wait.until_ns) wait.loop_turns = log.loop_turns - turns_before;
  return wait;
}

bool torn_down_unconnected(const Connection &connection) {
  if (connection.origin != Origin::kOutbound || connection.connected_ns || !connection.close) return false;
  const CloseReason reason = connection.close->reason;
  const bool torn_down = reason == CloseReason::kContextDestroyed || reason == CloseReason::kVhostDestroyed;
  return torn_down && !connection.session && connection.transactions.empty() && connection.role == Role::kUnknown;
}

bool is_idle_timeout(const Connection &connection) {
  if (!connection.close || connection.close->reason != CloseReason::kTimeout || connection.session) return false;
  const Close &close = *connection.close;
  if (close.pending_timeout != 0) return pending_timeout_reason(close.pending_timeout) == kTimeout_HTTP_KEEPALIVE_IDLE;
  if (!close.detail.empty()) return false;
  return !connection.transactions.empty() && connection.transactions.back().outcome == Outcome::kCompleted;
}

}  // namespace wsitrace
