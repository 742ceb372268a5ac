// SPDX-License-Identifier: MIT
#include "agent/diagnosis/judge.h"

#include <algorithm>
#include <cstring>

#include "agent/diagnosis/census.h"
#include "agent/diagnosis/faults/rules.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

std::string lost_text(const Loss &loss) {
  std::string out = std::to_string(loss.lost) + (loss.lost == 1 ? " event was lost" : " events were lost");
  for (const auto &[cause, count] : loss.by_cause)
    if (count > 0) out += ", " + cause + " " + std::to_string(count);
  return out;
}

void add_doubts_of_end(const Timeline &timeline, std::vector<std::string> &doubts) {
  if (timeline.end() == nullptr) {
    doubts.emplace_back("the log has no end: the program is still running, or the file was cut off");
  } else if (timeline.ending() != Ending::kExit) {
    doubts.push_back("the program did not end by exit (" + timeline.end()->kind + ")");
  }
}

std::vector<std::string> doubts_about(const Timeline &timeline) {
  std::vector<std::string> doubts;
  if (timeline.loss().lost > 0) doubts.push_back(lost_text(timeline.loss()));
  if (!timeline.process().notice.empty())
    doubts.push_back((timeline.loss().recorded > 0 ? "not everything was recorded: " : "nothing was recorded: ") +
                     timeline.process().notice);
  for (const char *trouble : {"protocol_unwrapped", "vhost_not_found"}) {
    const auto found = timeline.process().trouble.find(trouble);
    if (found != timeline.process().trouble.end() && found->second > 0)
      doubts.push_back("not everything was observed: " + found->first + " " + std::to_string(found->second));
  }
  add_doubts_of_end(timeline, doubts);
  return doubts;
}

void doubt_findings(std::vector<Finding> &findings) {
  for (Finding &finding : findings) {
    if (!row_of(finding.kind).rests_on_absence()) continue;
    finding.certain = false;
    finding.message = "perhaps " + finding.message;
  }
}

// A response that lacks something at the end of its connection, and was not forgotten: it was written to just now, or has no length and
// only its head is out, as of a stream whose events are yet to come.
bool response_goes_on(std::span<const std::byte> items) {
  constexpr uint32_t kJustNowMs = 500;
  bool found = false;
  for_each_item(items, [&](ItemTag tag, std::span<const std::byte> bytes) {
    ResponseFacts facts;
    if (tag != kItemResponse || bytes.size() != sizeof facts) return;
    std::memcpy(&facts, bytes.data(), sizeof facts);
    const bool only_began = facts.promised_bytes == UINT64_MAX && facts.written_ms == UINT32_MAX;
    found = facts.written_ms < kJustNowMs || only_began;
  });
  return found;
}

// With a context that is gone, this is connection_not_destroyed.
void judge_what_is_open(const Timeline &timeline, Groups &groups) {
  timeline.for_each_open([&](const Connection &open) {
    if (Census::is_counted(open)) groups.add(Cause::kConnectionLeftOpen, open, open.last_callback_protocol);
  });
}

Verdict concluded(const Timeline &timeline, Groups &groups, const StackBook &stacks) {
  judge_what_is_left(timeline, groups);
  Verdict verdict = verdict_about(timeline);
  const End *end = timeline.end();
  verdict.findings =
      groups.findings(std::max(timeline.last_event_ns(), end != nullptr ? end->mono_ns.value_or(0) : Ns{0}));
  stacks.fill(verdict.findings, timeline);
  for (Finding &finding : verdict.findings) finding.callback_address = timeline.callback_of(finding.protocol);
  if (timeline.loss().lost > 0) doubt_findings(verdict.findings);
  verdict.doubts = doubts_about(timeline);
  if (!timeline.contexts_gone())
    timeline.for_each_open([&](const Connection &open) { verdict.live_at_exit += Census::is_counted(open) ? 1 : 0; });
  verdict.conclude();
  return verdict;
}

}  // namespace

void Judge::on_connection_opened(const Connection &connection) {
  adopted_.opened(connection);
  connects_.opened(connection);
  growth_.opened(connection);
}

// Some are known for a client's only after a while.
void Judge::on_connection_changed(const Connection &before, const Connection &now) {
  if (before.cls != ConnectionClass::kClient && now.cls == ConnectionClass::kClient) on_connection_opened(now);
}

void Judge::on_connection_event(const Connection &connection, const Event &event, std::span<const std::byte> items) {
  adopted_.event(connection, event);
  if (event.kind == k_user_left) session_memory_.left(connection, items);
  if (event.kind == k_response_part && response_goes_on(items)) ongoing_.insert(connection.id);
  if (is_drop(event.kind)) session_memory_.dropped(connection);
  if (has_role<role::kAnswer>(event.kind)) connects_.answered(connection, event.time_ns);
}

void Judge::on_connection_closed(const Connection &connection) {
  if (Census::is_counted(connection)) ++closed_;
  stacks_.closed(connection);
  session_memory_.closed(connection);
  adopted_.closed(connection);
  connects_.closed(connection);
  growth_.closed(connection);
  superseded_.closed(connection);
  judge_transactions(connection, ongoing_.erase(connection.id) > 0, groups_);
  judge_peer(connection, groups_);
}

void Judge::on_descriptor_left(const ContextLife &context, int descriptor, std::string_view kind, Ns when) {
  descriptors_.left(context, descriptor, kind, when);
}

Groups Judge::heard(const Timeline &timeline) const {
  Groups groups = groups_;
  descriptors_.judge(groups);
  session_memory_.judge(groups);
  adopted_.judge(timeline, groups);
  connects_.judge(groups);
  growth_.judge(timeline, groups);
  superseded_.judge(timeline, groups);
  return groups;
}

std::vector<Finding> Judge::found_so_far(const Timeline &timeline) const {
  Groups groups = heard(timeline);
  judge_what_is_left(timeline, groups);
  return groups.findings(timeline.last_event_ns());
}

Verdict Judge::verdict(const Timeline &timeline) const {
  Groups groups = heard(timeline);
  const bool open_is_found = requires_closed_ && timeline.end() != nullptr && !timeline.contexts_gone();
  if (open_is_found) judge_what_is_open(timeline, groups);
  Verdict verdict = concluded(timeline, groups, stacks_);
  if (open_is_found) verdict.live_at_exit = 0;
  verdict.connections = closed_;
  timeline.for_each_open([&](const Connection &open) { verdict.connections += Census::is_counted(open) ? 1 : 0; });
  return verdict;
}

Verdict verdict_about(const Timeline &timeline) {
  Verdict verdict;
  verdict.pid = timeline.process().pid;
  verdict.program = timeline.process().program;
  verdict.started_ns = timeline.process().started_mono_ns;
  verdict.lost = timeline.loss().lost;
  return verdict;
}

Verdict judge_what_is_left(const Timeline &timeline) {
  Groups groups;
  return concluded(timeline, groups, {});
}

}  // namespace wsitrace
