// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_pages.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/cli/top/cells.h"
#include "agent/cli/top/top_lasting.h"
#include "agent/export/text/details.h"

namespace wsitrace {
namespace {

constexpr size_t kTimeCells = 24;  // what precedes the words of an event

constexpr const char *kHelpLines[] = {
    "Up, Down, j, k          select a row",
    "Page Up, Page Down      a page further",
    "Home, End               the first row, the last",
    "Enter                   show the connection and its timeline; Escape goes back",
    "/                       filter by any text; Enter keeps it, Escape forgets it",
    "s                       sort by age, transactions, id",
    "c                       only clients, listeners, internal, all again",
    "? or h                  this help",
    "q, Ctrl-C               quit",
    "",
    "Open connections come first, then those left open by a program that has ended, then ended ones.",
    "Of each program the 200 connections that ended last are kept.",
};

// TITLE, as many LINES as fit from the one that was chosen on, and a status line.
TopScreen page_of(const std::string &title, const std::vector<std::string> &lines, const TopChoice &choice,
                  const TopSize &size) {
  TopScreen screen;
  screen.page = size.lines > 3 ? size.lines - 2 : 1;
  screen.offset = std::min(choice.line, lines.size() - std::min(lines.size(), screen.page));
  screen.lines.push_back({fit(title, size.columns), TopStyle::kTitles});
  const size_t shown = std::min(screen.page, lines.size() - screen.offset);
  for (size_t i = 0; i < shown; ++i) screen.lines.push_back({lines[screen.offset + i]});
  while (screen.lines.size() + 1 < size.lines) screen.lines.emplace_back();
  screen.lines.push_back({fmt::format("{}-{} of {}  Escape back  arrows scroll  q quit",
                                      shown == 0 ? 0 : screen.offset + 1, screen.offset + shown, lines.size()),
                          TopStyle::kFaint});
  return screen;
}

const Connection *find_in(const WatchedLog &log, uint64_t id) {
  const Connection *found = nullptr;
  log.timeline().for_each_open([&](const Connection &open) {
    if (open.id == id) found = &open;
  });
  if (found != nullptr) return found;
  const auto ended =
      std::find_if(log.ended().begin(), log.ended().end(), [&](const Connection &c) { return c.id == id; });
  return ended == log.ended().end() ? nullptr : &*ended;
}

std::vector<std::string> lines_of(const std::string &text, size_t columns) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = shown_text(std::string_view(text).substr(from, end - from));
    for (std::string &part : wrapped(line, columns, lines.empty() ? 2 : kTimeCells)) lines.push_back(std::move(part));
    from = end + 1;
  }
  return lines;
}

}  // namespace

TopScreen draw_connection(const TopInput &input, const TopChoice &choice, const TopSize &size) {
  const TopName name = choice.selected.value_or(TopName{});
  for (const WatchedFiles::Process &process : input.processes) {
    const Timeline &timeline = process.log->timeline();
    if (timeline.process().pid != name.pid) continue;
    const Connection *connection = find_in(*process.log, name.id);
    if (connection == nullptr) continue;
    std::vector<std::string> lines;
    for (const TopLine &line : lasting_lines(process, *connection, input.now_ns))
      for (std::string &part : wrapped(line.text, size.columns, 2)) lines.push_back(std::move(part));
    for (std::string &line : lines_of(details_of(*connection, timeline), size.columns))
      lines.push_back(std::move(line));
    return page_of(fmt::format("{} (PID {}): connection {}", shown_text(timeline.process().program), name.pid, name.id),
                   lines, choice, size);
  }
  return page_of(fmt::format("PID {}: connection {}", name.pid, name.id),
                 {"It ended, and is no longer kept: of each program the 200 that ended last are."}, choice, size);
}

TopScreen draw_help(const TopChoice &choice, const TopSize &size) {
  return page_of("wsitrace top: keys", {std::begin(kHelpLines), std::end(kHelpLines)}, choice, size);
}

}  // namespace wsitrace
