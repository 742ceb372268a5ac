// SPDX-License-Identifier: MIT
#include "agent/export/text/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/diagnosis/census.h"
#include "agent/export/text/details.h"
#include "agent/text/connection_json.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"
#include "agent/text/times.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

std::string or_dash(std::string_view text) { return text.empty() ? "-" : printable(text); }

// "idle", "closed: peer_ws_close 1001".
std::string state_of(const Connection &connection) {
  std::string out = name_of(connection.state);
  if (!connection.close) return out;
  out += fmt::format(": {}", name_of(connection.close->reason));
  if (connection.close->ws_code) out += fmt::format(" {}", *connection.close->ws_code);
  return out;
}

std::string kind_of(const Connection &connection) {
  return connection.cls == ConnectionClass::kClient ? name_of(connection.origin) : name_of(connection.cls);
}

std::string peer_of(const Connection &connection) {
  if (connection.cls == ConnectionClass::kListener) return or_dash(connection.local);
  return or_dash(connection.peer.empty() ? connection.target : connection.peer);
}

// Of the last request; what is too long loses its end.
std::string path_of(const Connection &connection) {
  constexpr size_t kWidth = 32;
  std::string path = or_dash(connection.transactions.empty() ? "" : connection.transactions.back().path);
  if (width_of(path) <= kWidth) return path;
  while (width_of(path) >= kWidth) path.pop_back();
  while (!path.empty() && (path.back() & 0x80) != 0) path.pop_back();  // no part of a character
  return path + "…";
}

Ns end_of(const Connection &connection, const Timeline &timeline) {
  return connection.closed_ns.value_or(timeline.last_event_ns());
}

// nullopt: unknown.
OptionalNs lasted_ns(const Connection &connection, const Timeline &timeline) {
  const bool known = connection.opened_seen && (connection.closed_ns || connection.state != State::kClosed);
  return known ? OptionalNs(end_of(connection, timeline) - connection.opened_ns) : std::nullopt;
}

// Since its last sign of life. Listeners have none.
OptionalNs idle_ns(const Connection &connection, const Timeline &timeline) {
  const Ns end_ns = end_of(connection, timeline);
  if (connection.cls != ConnectionClass::kClient || !connection.last_sign_ns || *connection.last_sign_ns > end_ns)
    return std::nullopt;
  return end_ns - *connection.last_sign_ns;
}

std::string seconds_or_dash(OptionalNs duration_ns) { return duration_ns ? seconds(*duration_ns, 0) : "-"; }

std::string opened_text(const Connection &connection, const ProcessFacts &process, bool utc) {
  constexpr size_t kToMilliseconds = 23;
  if (!connection.opened_seen) return "-";
  if (!utc) return seconds(connection.opened_ns, process.started_mono_ns);
  if (process.started_real_ns == 0) return "-";
  return rfc3339(process.started_real_ns + connection.opened_ns - process.started_mono_ns).substr(0, kToMilliseconds) +
         "Z";
}

Columns::Row row_of(const Connection &connection, const Timeline &timeline, bool utc) {
  return {std::to_string(connection.id),
          kind_of(connection),
          connection.parent ? std::to_string(*connection.parent) : "-",
          or_dash(name_of(connection.role)),
          or_dash(connection.vhost),
          or_dash(protocol_of(connection)),
          peer_of(connection),
          opened_text(connection, timeline.process(), utc),
          seconds_or_dash(lasted_ns(connection, timeline)),
          seconds_or_dash(idle_ns(connection, timeline)),
          std::to_string(connection.transactions_total),
          path_of(connection),
          state_of(connection)};
}

std::vector<Columns::Column> columns_of(bool utc) {
  return {{"ID", Align::kRight},           {"KIND", Align::kLeft},
          {"PARENT", Align::kRight},       {"ROLE", Align::kLeft},
          {"VHOST", Align::kLeft},         {"PROTOCOL", Align::kLeft},
          {"PEER", Align::kLeft},          {utc ? "OPENED (UTC)" : "OPENED s", Align::kRight},
          {"LASTED s", Align::kRight},     {"IDLE s", Align::kRight},
          {"TRANSACTIONS", Align::kRight}, {"LAST PATH", Align::kLeft},
          {"STATE", Align::kLeft}};
}

// Rows with the smallest come first.
uint64_t place_of(const Connection &connection, const Timeline &timeline, SortKey key) {
  const auto largest_first = [](OptionalNs value) { return value ? UINT64_MAX - 1 - *value : UINT64_MAX; };
  switch (key) {
    case SortKey::kOpened: return connection.opened_ns;
    case SortKey::kLasted: return largest_first(lasted_ns(connection, timeline));
    case SortKey::kIdle: return largest_first(idle_ns(connection, timeline));
    case SortKey::kTransactions: return largest_first(connection.transactions_total);
    case SortKey::kEnded: break;
  }
  return 0;
}

std::string transactions_line(const Totals &totals) {
  return fmt::format("{}; {}, {}\n", count_text(totals.transactions, "transaction"), count_text(totals.binds, "bind"),
                     count_text(totals.drops, "drop"));
}

std::string loss_line(const Loss &loss, bool colour) {
  std::string out = fmt::format("{} recorded, {} lost", count_text(loss.recorded, "event"), loss.lost);
  if (loss.lost == 0) return out + "\n";
  for (const auto &[cause, count] : loss.by_cause) out += fmt::format(", {} {}", printable(cause), count);
  out = "warning: " + out + "; connections may be missing or incomplete";
  return (colour ? "\x1b[33m" + out + "\x1b[0m" : out) + "\n";
}

std::string process_line(const Timeline &timeline) {
  const ProcessFacts &process = timeline.process();
  std::string out = fmt::format("{} (pid {}), libwebsockets {}, {}", or_dash(process.program), process.pid,
                                or_dash(process.lws_version), or_dash(process.attach));
  if (timeline.end() != nullptr) out += ", ended: " + printable(timeline.end()->kind);
  if (!process.notice.empty())
    out += (timeline.loss().recorded > 0 ? "\nnot everything was recorded: " : "\nnothing was recorded: ") +
           printable(process.notice);
  return out + "\n";
}

}  // namespace

TextReport::TextReport(ReportRequest request)
    : Report(std::move(request)),
      columns_(columns_of(this->request().choice.utc), [this](std::string_view line) { lines_ += line; }) {}

void TextReport::count(const Connection &connection) {
  switch (Census::sort_of(connection)) {
    case Census::Sort::kListener: ++listeners_; return;
    case Census::Sort::kStream:
    case Census::Sort::kUser: ++streams_; return;
    case Census::Sort::kInternal: ++internals_; return;
    default: ++ends_[connection.close ? name_of(connection.close->reason) : "open"];
  }
}

void TextReport::add(std::string &out, const Connection &connection) {
  const ReportChoice &choice = request().choice;
  any_ = true;
  count(connection);
  const Tint tint = request().colour && connection.cls != ConnectionClass::kClient ? Tint::kFaint : Tint::kNone;
  if (choice.details) lines_ += details_of(connection, timeline());
  else if (choice.sort != SortKey::kEnded)
    held_.push_back({place_of(connection, timeline(), choice.sort), row_of(connection, timeline(), choice.utc), tint});
  else columns_.add(row_of(connection, timeline(), choice.utc), tint);
  out += std::exchange(lines_, {});
}

// "37 connections: 30 peer_closed, 5 context_destroyed, 2 open; 1 listener, 4 streams"; what was chosen, if not all.
std::string TextReport::connections_line() const {
  uint64_t connections = 0;
  std::vector<std::pair<uint64_t, std::string>> by_end;
  for (const auto &[end, number] : ends_) {
    connections += number;
    by_end.emplace_back(number, end);
  }
  std::stable_sort(by_end.begin(), by_end.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
  std::string out = count_text(connections, "connection");
  for (const auto &[number, end] : by_end)
    out += fmt::format("{} {} {}", &end == &by_end.front().second ? ":" : ",", number, end);
  std::string others;
  const auto add = [&others](uint64_t number, std::string_view noun) {
    if (number > 0) others += (others.empty() ? "; " : ", ") + count_text(number, noun);
  };
  add(listeners_, "listener");
  add(streams_, "stream");
  if (internals_ > 0) others += fmt::format("{}{} internal", others.empty() ? "; " : ", ", internals_);
  return out + others + "\n";
}

void TextReport::end(std::string &out) {
  std::stable_sort(held_.begin(), held_.end(), [](const Held &a, const Held &b) { return a.place < b.place; });
  for (Held &held : held_) columns_.add(std::move(held.row), held.tint);
  columns_.finish();
  out += std::exchange(lines_, {});
  out += any_ ? "\n" : "no connections\n";
  out += process_line(timeline());
  out += connections_line();
  out += transactions_line(timeline().totals());
  out += loss_line(timeline().loss(), request().colour);
}

}  // namespace wsitrace
