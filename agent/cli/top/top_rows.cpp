// SPDX-License-Identifier: MIT
#include "agent/cli/top/top_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "agent/cli/top/cells.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {

const std::array<TopColumn, kTopColumns> kTopColumn = {{{"PROGRAM", Align::kLeft, 7},
                                                        {"PID", Align::kRight, 3},
                                                        {"AGE", Align::kRight, 6},
                                                        {"CLASS", Align::kLeft, 6},
                                                        {"ROLE", Align::kLeft, 4},
                                                        {"VHOST", Align::kLeft, 5},
                                                        {"PROTOCOL", Align::kLeft, 8},
                                                        {"STATE", Align::kLeft, 8},
                                                        {"TRANS", Align::kRight, 5},
                                                        {"PEER", Align::kLeft, 9, true},
                                                        {"PATH", Align::kLeft, 4}}};

namespace {

std::string shown_or_dash(std::string_view text) { return text.empty() ? "-" : shown_text(text); }

std::string state_of(const TopRow &row) {
  const Connection &connection = *row.connection;
  if (row.group == 1) return "left";
  if (row.group == 2 && connection.close) return name_of(connection.close->reason);
  return name_of(connection.state);
}

Ns now_of_process(const WatchedFiles::Process &process, Ns now_ns) {
  const Ns last_ns = process.log->timeline().last_event_ns();
  return process.lives ? std::max(now_ns, last_ns) : last_ns;
}

TopRow row_of_connection(const Connection &connection, const WatchedFiles::Process &process, int group, Ns now_ns) {
  const Ns until_ns = connection.closed_ns.value_or(now_ns);
  const bool known = connection.opened_seen && until_ns >= connection.opened_ns &&
                     (connection.closed_ns || connection.state != State::kClosed);
  return {&connection, &process, until_ns - std::min(until_ns, connection.opened_ns), known, group};
}

// Rows that come first are less.
std::tuple<uint64_t, uint64_t, uint64_t> sort_key(const TopRow &row, TopSort sort) {
  const Connection &connection = *row.connection;
  if (row.group == 2) return {~connection.closed_ns.value_or(0), 0, ~connection.id};
  const uint64_t tie = connection.opened_ns;
  if (sort == TopSort::kTransactions) return {~connection.transactions_total, tie, connection.id};
  if (sort == TopSort::kId) return {row.process->log->timeline().process().started_mono_ns, connection.id, 0};
  return {tie, connection.id, 0};
}

void lower(std::string &text) {
  for (char &c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
}

// NEEDLE is in what the row shows, or in the names of it with spaces for underscores; lower case.
bool has_text(const TopRow &row, const std::string &needle) {
  std::string text = std::to_string(row.connection->id);
  for (const std::string &cell : cells_of_row(row)) text += "\n" + cell;
  lower(text);
  if (text.find(needle) != std::string::npos) return true;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text.find(needle) != std::string::npos;
}

}  // namespace

std::vector<TopRow> top_rows(const TopInput &input, const TopChoice &choice) {
  std::vector<TopRow> rows;
  std::string needle = shown_text(choice.filter);
  lower(needle);
  for (const WatchedFiles::Process &process : input.processes) {
    const Timeline &timeline = process.log->timeline();
    const Ns now_ns = now_of_process(process, input.now_ns);
    const auto add = [&](const Connection &connection, int group) {
      if (choice.cls && connection.cls != *choice.cls) return;
      const TopRow row = row_of_connection(connection, process, group, now_ns);
      if (needle.empty() || has_text(row, needle)) rows.push_back(row);
    };
    const bool goes_on_elsewhere = timeline.ending() == Ending::kDetached;
    if (!goes_on_elsewhere)
      timeline.for_each_open([&](const Connection &connection) { add(connection, process.lives ? 0 : 1); });
    for (const Connection &connection : process.log->ended()) add(connection, 2);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const TopRow &a, const TopRow &b) {
    if (a.group != b.group) return a.group < b.group;
    return sort_key(a, choice.sort) < sort_key(b, choice.sort);
  });
  return rows;
}

TopName name_of_row(const TopRow &row) { return {row.process->log->timeline().process().pid, row.connection->id}; }

TopCells cells_of_row(const TopRow &row) {
  const Connection &connection = *row.connection;
  const ProcessFacts &process = row.process->log->timeline().process();
  const bool listens = connection.cls == ConnectionClass::kListener;
  return {shown_or_dash(process.program),
          std::to_string(process.pid),
          row.age_known ? age_text(row.age_ns) : "-",
          name_of(connection.cls),
          shown_or_dash(name_of(connection.role)),
          shown_or_dash(connection.vhost),
          shown_or_dash(bound_protocol(connection)),
          state_of(row),
          std::to_string(connection.transactions_total),
          shown_or_dash(listens ? connection.local : connection.peer),
          connection.transactions.empty() ? "-" : shown_or_dash(connection.transactions.back().path)};
}

}  // namespace wsitrace
