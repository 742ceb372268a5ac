// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_lasting.h"

#include <fmt/format.h>

#include "agent/cli/top/cells.h"
#include "agent/text/callbacks.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

std::vector<LastingCallback> lasting_in(const WatchedFiles::Process &process) {
  return process.lives ? process.log->lasting() : std::vector<LastingCallback>{};
}

TopLine line_of(const LastingCallback &one, const Timeline &timeline, const std::string &where, Ns now_ns) {
  std::string out =
      fmt::format("Event loop blocked for {}: {}{}", span_text(one.since_ns, now_ns), where, reason_name(one.kind));
  if (const auto protocol = timeline.text(one.protocol); !protocol.empty())
    out += fmt::format(" of protocol '{}'", shown_text(protocol));
  if (one.connection != 0) out += fmt::format(", connection {}", one.connection);
  out += fmt::format(", thread {}", one.thread);
  const uint64_t waiting = waiting_behind(one, timeline);
  if (waiting > 0) out += fmt::format("; {} {}", count_text(waiting, "connection"), waiting == 1 ? "waits" : "wait");
  return {std::move(out), TopStyle::kWarning};
}

}  // namespace

std::vector<TopLine> lasting_lines(const TopInput &input) {
  std::vector<TopLine> lines;
  for (const WatchedFiles::Process &process : input.processes) {
    const Timeline &timeline = process.log->timeline();
    const ProcessFacts &facts = timeline.process();
    const std::string where =
        input.processes.size() > 1 ? fmt::format("{} (PID {}), ", shown_text(facts.program), facts.pid) : "";
    for (const LastingCallback &one : lasting_in(process)) lines.push_back(line_of(one, timeline, where, input.now_ns));
  }
  return lines;
}

std::vector<TopLine> lasting_lines(const WatchedFiles::Process &process, const Connection &connection, Ns now_ns) {
  std::vector<TopLine> lines;
  if (connection.closed_ns) return lines;
  for (const LastingCallback &one : lasting_in(process))
    if (connection.thread == one.thread) lines.push_back(line_of(one, process.log->timeline(), "", now_ns));
  return lines;
}

}  // namespace wsitrace
