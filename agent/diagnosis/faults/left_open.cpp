// SPDX-License-Identifier: MIT
#include "agent/diagnosis/faults/rules.h"
#include "agent/text/spans.h"
#include "agent/timeline/process_words.h"

namespace wsitrace {
namespace {

std::string context_text(const ContextLife &context) {
  return context.number == 0 ? "a context that was made before the log began"
                             : "context " + std::to_string(context.number);
}

// lws starts its plugins within the program's first connect. Whether that failed is not seen, and 4.1.6 frees it without a word.
bool began_unseen(const Timeline &timeline, const Connection &connection) {
  return came_as(timeline.process(), kAttachPlugin) && connection.origin == Origin::kOutbound &&
         connection.target.empty() && !connection.fd && connection.transactions.empty();
}

void judge_open(const Connection &connection, Groups &groups) {
  groups.add(Cause::kConnectionNotDestroyed, connection, {});
  if (connection.bindings.empty() || connection.bindings.back().dropped_ns) return;
  groups.add(Cause::kBindingNotDropped, connection, connection.bindings.back().protocol);
}

// A program that ends without destroying any context leaves that to its operating system; one that destroys some has forgotten others.
void judge_contexts(const Timeline &timeline, Groups &groups) {
  const bool ended = timeline.ending() == Ending::kExit;
  if (!ended || timeline.contexts_destroyed() == 0) return;
  timeline.for_each_context([&](const ContextLife &context) {
    Finding &finding = groups.of(Cause::kContextNotDestroyed, {}, {});
    if (finding.count++ == 0) {
      finding.first_ns = context.created_ns;
      finding.message = context_text(context) + " was never destroyed, but " +
                        count_text(timeline.contexts_destroyed(), "other") +
                        (timeline.contexts_destroyed() == 1 ? " was" : " were");
    }
  });
}

// A context that waits for one of its connections frees none of its vhosts, whoever owns that connection.
void judge_vhosts(const Timeline &timeline, Groups &groups) {
  if (groups.has(Cause::kConnectionNotDestroyed)) return;
  timeline.for_each_vhost_left([&](std::string_view name, uint64_t count) {
    Finding &finding = groups.of(Cause::kVhostNotDestroyed, name, {});
    finding.count = count;
    finding.message = "vhost " + std::string(name) + " was not freed with its context";
  });
}

}  // namespace

void judge_what_is_left(const Timeline &timeline, Groups &groups) {
  judge_contexts(timeline, groups);
  const bool contexts_gone = timeline.contexts_gone();
  if (!contexts_gone && timeline.end() == nullptr) return;  // before the end, no socket of an open one was looked at
  timeline.for_each_open([&](const Connection &connection) {
    if (!contexts_gone) judge_peer(connection, groups);
    else if (!began_unseen(timeline, connection)) judge_open(connection, groups);
  });
  if (!contexts_gone) return;
  judge_vhosts(timeline, groups);
}

}  // namespace wsitrace
