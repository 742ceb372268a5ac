// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "agent/export/diagnosis/diagnosis_text.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/timeline/process_words.h"

namespace wsitrace {
namespace {

bool was_recorded(const Timeline &timeline) { return timeline.last_event_ns() > 0; }

std::string way_it_ended(const End &end) {
  const std::string status = end.status ? std::to_string(*end.status) : "unknown";
  switch (ending_of(end)) {
    case Ending::kExit: return end.status ? "exited with status " + status : "exited";
    case Ending::kSignal: return "ended by signal " + status;
    case Ending::kExec: return "became another program (exec)";
    case Ending::kDetached: return "tracing stopped";
    case Ending::kUnknown: break;
  }
  return "how it ended is unknown";
}

std::string end_text(const Timeline &timeline) {
  const End *end = timeline.end();
  const uint64_t ended_ns = end != nullptr ? end->mono_ns.value_or(0) : 0;
  const std::string after = span_text(timeline.process().started_mono_ns, std::max(timeline.last_event_ns(), ended_ns));
  const bool says_when = was_recorded(timeline) || ended_ns != 0;
  if (end == nullptr)
    return "the log has no end (the program still runs, or the file was cut off)" +
           (says_when ? ": " + after + " so far" : "");
  if (!says_when) return way_it_ended(*end);
  if (ending_of(*end) == Ending::kUnknown) return way_it_ended(*end) + "; " + after + " recorded";
  return way_it_ended(*end) + " after " + after;
}

std::string contexts_text(const Timeline &timeline) {
  uint64_t left = 0;
  timeline.for_each_context([&left](const ContextLife &) { ++left; });
  const uint64_t destroyed = timeline.contexts_destroyed();
  if (left + destroyed == 0) return "";
  return fmt::format("; {} created, {} destroyed", count_text(left + destroyed, "lws context"), destroyed);
}

std::string process_line(const Timeline &timeline) {
  const ProcessFacts &process = timeline.process();
  std::string out = printable(process.program.empty() ? "unknown program" : process.program);
  if (process.pid != 0) out += fmt::format(" (pid {})", process.pid);
  if (!process.lws_version.empty()) out += ", libwebsockets " + printable(process.lws_version);
  if (!process.attach.empty()) out += ", recorded by " + printable(process.attach);
  return fmt::format("{}; {}{}.", out, end_text(timeline), contexts_text(timeline));
}

uint64_t sum_of(const Census::Ends &ends) {
  uint64_t total = 0;
  for (const auto &[end, count] : ends) total += count;
  return total;
}

// "12 outbound connections: 11 closed by the peer, 1 still open", most frequent first.
std::string ends_line(Census::Sort sort, const Census::Ends &ends) {
  const uint64_t total = sum_of(ends);
  std::vector<std::pair<uint64_t, std::string>> sorted;
  for (const auto &[end, count] : ends) sorted.emplace_back(count, end);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
  std::string list;
  for (const auto &[count, end] : sorted) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, end);
  return fmt::format("{} {}: {}", total, Census::name_of(sort, total), list);
}

std::string transactions_line(const Census &census) {
  uint64_t total = 0;
  std::string list;
  for (const auto &[outcome, count] : census.outcomes()) {
    total += count;
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, name_of(outcome));
  }
  if (total == 0) return "";
  return fmt::format("{}: {}", count_text(total, "transaction"), list);
}

std::string events_line(const Loss &loss) {
  if (loss.lost == 0) return fmt::format("{} recorded, none lost", count_text(loss.recorded, "event"));
  return fmt::format("{} recorded, {} lost: whatever rests on something not being seen is uncertain",
                     count_text(loss.recorded, "event"), loss.lost);
}

bool has_clients(const Census &census) {
  return std::any_of(census.connections().begin(), census.connections().end(), [](const auto &entry) {
    return entry.first != Census::Sort::kListener && entry.first != Census::Sort::kInternal;
  });
}

std::string ids_text(const Census::OpenGroup &group) {
  if (group.count == 1) return fmt::format("connection {}", group.first_id);
  return fmt::format("connections {}{}{}", group.first_id,
                     group.last_id - group.first_id + 1 == group.count ? "–" : " … ", group.last_id);
}

// " to GET /job and others", ", path /feed": after WAITS, what it waits for.
std::string request_text(const Census::OpenGroup &group, const std::string &waits) {
  if (group.request.empty()) return "";
  const bool is_answer = waits.ends_with("answer") || waits.ends_with("a response");
  return fmt::format("{}{}{}",
                     is_answer                        ? " to "
                     : group.request.starts_with('/') ? ", path "
                                                      : ", ",
                     printable(group.request), group.requests_differ ? " and others" : "");
}

// What the kernel knew of their peers at the end.
std::string silence_text(const Census::OpenGroup &group) {
  constexpr Ns kWorthNs = 1'000'000'000;
  if (group.peers_gone > 0)
    return group.peers_gone == group.count
               ? (group.count == 1 ? "; its peer has gone" : "; their peers have gone")
               : fmt::format("; the {} of {} {} gone", group.peers_gone == 1 ? "peer" : "peers", group.peers_gone,
                             group.peers_gone == 1 ? "has" : "have");
  if (group.unheard_ns.value_or(0) < kWorthNs) return "";
  return fmt::format("; nothing has come in for {}{}", span_text(0, *group.unheard_ns),
                     group.count > 1 ? " or longer" : "");
}

}  // namespace

std::string summary_text(const Doctor &doctor, size_t width) {
  const Timeline &timeline = doctor.timeline();
  std::string out = wrapped(process_line(timeline), width, 0, 2);
  const auto add = [&](const std::string &line) {
    if (!line.empty()) out += wrapped(line, width, 2, 4);
  };
  for (const auto &[sort, ends] : doctor.census().connections()) add(ends_line(sort, ends));
  if (doctor.turned_away() > 0)
    add(count_text(doctor.turned_away(), "new connection") + " turned away at the listener");
  if (!was_recorded(timeline))
    add(fmt::format(
        "no event was recorded: this program made no lws context{}. Nothing can be said of its connections",
        timeline.end() == nullptr ? ", or the file was cut off at its beginning" : " that wsitrace could see"));
  else if (!has_clients(doctor.census()) && doctor.turned_away() == 0 && timeline.process().notice.empty())
    add("no connections: nothing connected, in or out. The wsi that lws passes to PROTOCOL_INIT, PROTOCOL_DESTROY and "
        "EVENT_WAIT_CANCELLED is a stand-in, internal to lws; do not keep it or take it for a connection");
  add(transactions_line(doctor.census()));
  if (doctor.census().sessions() > 0) add(count_text(doctor.census().sessions(), "websocket session"));
  if (was_recorded(timeline)) add(events_line(timeline.loss()));
  if (doctor.lines_left_out() > 0)
    add("lws repeated itself: " + count_text(doctor.lines_left_out(), "more line") +
        " of its log counted, not recorded");
  if (!timeline.process().notice.empty()) add("not everything was recorded: " + printable(timeline.process().notice));
  return out;
}

std::string open_text(const Doctor &doctor, size_t width) {
  std::string out;
  const LogFacts log = facts_of(doctor.timeline(), 0);
  for (const auto &[key, group] : doctor.census().open()) {
    const auto &[sort, target, role, protocol, waits] = key;
    std::string line = fmt::format("{} {}", group.count, Census::name_of(sort, group.count));
    if (!target.empty()) line += " to " + printable(target);
    if (role != Role::kUnknown && sort != Census::Sort::kListener) line += fmt::format(", {}", name_of(role));
    if (!protocol.empty()) line += ", protocol " + printable(protocol);
    if (!waits.empty()) line += ": " + waits + request_text(group, waits);
    line += fmt::format(" ({}; {}open for {}{})", ids_text(group), group.count > 1 ? "the oldest " : "",
                        span_text(group.oldest_ns, log.last_ns), silence_text(group));
    out += wrapped(line, width, 2, 4);
  }
  return out;
}

}  // namespace wsitrace
