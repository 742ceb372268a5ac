// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "agent/cli/top/cells.h"
#include "agent/cli/top/top_lasting.h"
#include "agent/cli/top/top_pages.h"
#include "agent/cli/top/top_rows.h"

namespace wsitrace {
namespace {

constexpr size_t kLeastRows = 1;

using Widths = std::array<size_t, kTopColumns>;  // 0: the column is not shown

const char *name_of_sort(TopSort sort) {
  constexpr const char *kNames[] = {"age", "transactions", "id"};
  return kNames[static_cast<size_t>(sort)];
}

std::string count_of(uint64_t count, const char *noun) {
  const std::string plural = std::string_view(noun).ends_with("s") ? "es" : "s";
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : plural);
}

std::string processes_text(const TopInput &input) {
  if (input.processes.empty()) return "nothing is recorded here";
  const ProcessFacts &first = input.processes.front().log->timeline().process();
  const auto living = static_cast<uint64_t>(
      std::count_if(input.processes.begin(), input.processes.end(), [](const auto &p) { return p.lives; }));
  if (input.processes.size() > 1)
    return fmt::format("{}, {} recording", count_of(input.processes.size(), "process"), living);
  return fmt::format("{} (PID {}), libwebsockets {}{}", shown_text(first.program), first.pid,
                     first.lws_version.empty() ? "-" : shown_text(first.lws_version), living == 0 ? ", ended" : "");
}

struct Sums {
  Census::Numbers numbers;
  uint64_t transactions = 0, recorded = 0, lost = 0;
  SeverityCounts diagnoses;
  const WatchedFiles::Process *worst = nullptr;
  bool all_ended = true;
};

bool is_worse(const WatchedFiles::Process &process, const WatchedFiles::Process *than) {
  const auto &worst = process.log->diagnosed().worst;
  return worst && (than == nullptr || worst->severity < than->log->diagnosed().worst->severity);
}

Sums sums_of(const TopInput &input) {
  Sums sums;
  for (const auto &process : input.processes) {
    const Timeline &timeline = process.log->timeline();
    sums.numbers.add(process.log->numbers());
    sums.transactions += timeline.totals().transactions;
    sums.diagnoses.add(process.log->diagnosed().counts);
    sums.recorded += timeline.loss().recorded;
    sums.lost += timeline.loss().lost;
    sums.all_ended = sums.all_ended && timeline.end() != nullptr;
    if (is_worse(process, sums.worst)) sums.worst = &process;
  }
  return sums;
}

// As `report` and `explain` count.
std::string connections_text(const Sums &sums) {
  const Census::Numbers &numbers = sums.numbers;
  std::string out = fmt::format("{}: {} open, {} closed", count_of(numbers.connections, "connection"), numbers.open,
                                numbers.connections - numbers.open);
  if (numbers.listeners > 0) out += "; " + count_of(numbers.listeners, "listener");
  if (numbers.streams > 0) out += (numbers.listeners > 0 ? ", " : "; ") + count_of(numbers.streams, "stream");
  return out + "; " + count_of(sums.transactions, "transaction");
}

// Having found nothing is no promise where something may be missing.
const char *nothing_text(const TopInput &input, const Sums &sums) {
  if (sums.recorded == 0 && sums.transactions + sums.numbers.connections == 0) return "nothing was recorded";
  if (sums.lost > 0) return "nothing was found, but events were lost";
  if (!input.problems.empty()) return "nothing was found in what could be read";
  return sums.all_ended ? "nothing needs attention" : "nothing was found so far";
}

// What `explain` says in full.
TopLine diagnoses_line(const TopInput &input, const Sums &sums) {
  std::string out = sums.diagnoses.text();
  if (out.empty()) out = nothing_text(input, sums);
  if (sums.worst == nullptr) return {out};
  const Diagnosis &worst = *sums.worst->log->diagnosed().worst;
  const std::string where =
      input.processes.size() > 1 ? " in " + shown_text(sums.worst->log->timeline().process().program) : "";
  return {fmt::format("{}; worst{}: {} ({})", out, where, shown_text(worst.headline), name_of(worst.cause)),
          TopStyle::kWarning};
}

std::vector<TopLine> header_of(const TopInput &input) {
  const Sums sums = sums_of(input);
  std::vector<TopLine> lines;
  lines.push_back({processes_text(input)});
  lines.push_back({connections_text(sums)});
  for (TopLine &line : lasting_lines(input)) lines.push_back(std::move(line));
  lines.push_back(diagnoses_line(input, sums));
  lines.push_back({fmt::format("{} recorded, {} lost{}", count_of(sums.recorded, "event"), sums.lost,
                               sums.lost > 0 ? "; connections may be missing or incomplete" : ""),
                   sums.lost > 0 ? TopStyle::kWarning : TopStyle::kPlain});
  if (!input.problems.empty()) {
    const Error &first = input.problems.front();
    const std::string more = input.problems.size() > 1 ? fmt::format(" (and {} more)", input.problems.size() - 1) : "";
    lines.push_back({shown_text(first.what + ": " + first.why) + more, TopStyle::kWarning});
  }
  return lines;
}

Widths widths_of(const std::vector<TopCells> &rows, bool several) {
  Widths widths{};
  for (size_t i = 0; i < kTopColumns; ++i) {
    if (i < 2 && !several) continue;  // program and pid
    widths[i] = cells_of(kTopColumn[i].title);
    for (const TopCells &row : rows) widths[i] = std::max(widths[i], cells_of(row[i]));
  }
  return widths;
}

size_t total_of(const Widths &widths) {
  const auto shown = static_cast<size_t>(std::count_if(widths.begin(), widths.end(), [](size_t w) { return w > 0; }));
  return std::accumulate(widths.begin(), widths.end(), size_t{0}) + (shown > 0 ? shown - 1 : 0);
}

// Takes from the widest column that can spare a cell until the row fits, or none can.
void narrow(Widths &widths, size_t columns) {
  while (total_of(widths) > columns) {
    size_t widest = kTopColumns;
    for (size_t i = 0; i < kTopColumns; ++i)
      if (widths[i] > kTopColumn[i].least && (widest == kTopColumns || widths[i] > widths[widest])) widest = i;
    if (widest == kTopColumns) return;
    --widths[widest];
  }
}

std::string row_text(const TopCells &cells, const Widths &widths) {
  std::string line;
  for (size_t i = 0; i < kTopColumns; ++i) {
    if (widths[i] == 0) continue;
    if (!line.empty()) line += ' ';
    line += kTopColumn[i].is_address ? fit_address(cells[i], widths[i]) : fit(cells[i], widths[i], kTopColumn[i].align);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

TopCells titles() {
  TopCells cells;
  for (size_t i = 0; i < kTopColumns; ++i) cells[i] = kTopColumn[i].title;
  return cells;
}

TopStyle style_of(const TopRow &row) {
  if (row.group == 1) return TopStyle::kWarning;
  return row.group == 2 || row.connection->cls != ConnectionClass::kClient ? TopStyle::kFaint : TopStyle::kPlain;
}

std::string status_text(const TopChoice &choice, size_t from, size_t shown, size_t total, size_t columns) {
  if (choice.typing) return "/" + shown_text(choice.filter) + "_";
  const std::string filter = choice.filter.empty() ? "" : "  filter: " + shown_text(choice.filter);
  std::string left =
      fmt::format("by {}  class: {}{}  {}-{} of {}", name_of_sort(choice.sort),
                  choice.cls ? name_of(*choice.cls) : "all", filter, shown == 0 ? 0 : from + 1, from + shown, total);
  const std::string right = "Enter open  / filter  s sort  c class  ? help  q quit";
  if (left.size() + 2 + right.size() > columns) return left;
  return left + std::string(columns - left.size() - right.size(), ' ') + right;
}

std::vector<TopCells> cells_of_rows(const std::vector<TopRow> &rows, size_t from, size_t count) {
  std::vector<TopCells> cells;
  for (size_t i = from; i < from + count; ++i) cells.push_back(cells_of_row(rows[i]));
  return cells;
}

// Where the selected row is now; it stays in sight.
void select(TopScreen &screen, const TopChoice &choice) {
  const size_t total = screen.rows.size();
  screen.offset = std::min(choice.offset, total - std::min(total, screen.page));
  screen.selected = screen.offset;
  if (total == 0 || !choice.selected) return;
  const auto found = std::find(screen.rows.begin(), screen.rows.end(), *choice.selected);
  screen.selected = found != screen.rows.end() ? static_cast<size_t>(found - screen.rows.begin())
                                               : std::min(choice.selected_at, total - 1);
  if (screen.selected < screen.offset) screen.offset = screen.selected;
  if (screen.selected >= screen.offset + screen.page) screen.offset = screen.selected - screen.page + 1;
}

TopScreen draw_table(const TopInput &input, const TopChoice &choice, const TopSize &size) {
  TopScreen screen;
  screen.lines = header_of(input);
  constexpr size_t kTitlesAndStatus = 2;
  while (screen.lines.size() > 1 && screen.lines.size() + kTitlesAndStatus + kLeastRows > size.lines)
    screen.lines.pop_back();
  const size_t taken = screen.lines.size() + kTitlesAndStatus;
  screen.page = size.lines > taken + kLeastRows ? size.lines - taken : kLeastRows;
  const auto rows = top_rows(input, choice);
  for (const TopRow &row : rows) screen.rows.push_back(name_of_row(row));
  select(screen, choice);
  const size_t shown = std::min(screen.page, rows.size() - screen.offset);
  const auto cells = cells_of_rows(rows, screen.offset, shown);
  Widths widths = widths_of(cells, input.processes.size() > 1);
  narrow(widths, size.columns);
  screen.lines.push_back({fit(row_text(titles(), widths), size.columns), TopStyle::kTitles});
  for (size_t i = 0; i < shown; ++i) {
    const bool selected = screen.offset + i == screen.selected;
    const std::string text = row_text(cells[i], widths);
    if (selected) screen.lines.push_back({fit(text, size.columns), TopStyle::kSelected});
    else screen.lines.push_back({text, style_of(rows[screen.offset + i])});
  }
  while (screen.lines.size() + 1 < size.lines) screen.lines.emplace_back();
  screen.lines.push_back({status_text(choice, screen.offset, shown, rows.size(), size.columns), TopStyle::kFaint});
  return screen;
}

}  // namespace

TopScreen draw_top(const TopInput &input, const TopChoice &choice, const TopSize &size) {
  TopScreen screen = choice.mode == TopMode::kTable  ? draw_table(input, choice, size)
                     : choice.mode == TopMode::kHelp ? draw_help(choice, size)
                                                     : draw_connection(input, choice, size);
  if (screen.lines.size() > size.lines) screen.lines.resize(size.lines);
  for (TopLine &line : screen.lines)
    if (cells_of(line.text) > size.columns) line.text = fit(line.text, size.columns);
  return screen;
}

std::string print_top(const TopInput &input, const TopChoice &choice) {
  std::string text;
  for (const TopLine &line : header_of(input)) text += line.text + "\n";
  const auto rows = top_rows(input, choice);
  const auto cells = cells_of_rows(rows, 0, rows.size());
  const Widths widths = widths_of(cells, input.processes.size() > 1);
  text += row_text(titles(), widths) + "\n";
  for (const TopCells &row : cells) text += row_text(row, widths) + "\n";
  return text;
}

}  // namespace wsitrace
