// SPDX-License-Identifier: MIT
#include "agent/export/text/table.h"

#include <fmt/format.h>

#include <utility>

#include "agent/export/text/details.h"
#include "agent/text/finding_text.h"
#include "agent/text/printable.h"
#include "agent/text/times.h"

namespace wsitrace {
namespace {

std::string or_dash(std::string_view text) { return text.empty() ? "-" : printable(text); }

std::string reason_of(const Connection &connection) {
  if (!connection.close) return "";
  std::string out = name_of(connection.close->reason);
  if (connection.close->ws_code) out += fmt::format(" {}", *connection.close->ws_code);
  return out;
}

std::string peer_of(const Connection &connection) {
  return or_dash(connection.cls == ConnectionClass::kListener ? connection.local : connection.peer);
}

Columns::Row row_of(const Connection &connection, const Timeline &timeline) {
  const uint64_t until_ns = connection.closed_ns.value_or(timeline.last_event_ns());
  const bool known = connection.opened_seen && (connection.closed_ns || connection.state != State::kClosed);
  return {std::to_string(connection.id),
          name_of(connection.cls),
          name_of(connection.origin),
          or_dash(connection.vhost),
          peer_of(connection),
          connection.opened_seen ? seconds(connection.opened_ns, timeline.process().started_mono_ns) : "-",
          known ? seconds(until_ns, connection.opened_ns) : "-",
          std::to_string(connection.transactions_total),
          name_of(connection.state),
          reason_of(connection)};
}

std::string totals_line(const Totals &totals) {
  return fmt::format("{} opened, {} closed, {} open; {}; {}, {}\n", totals.opened, totals.closed,
                     totals.opened - totals.closed, counted(totals.transactions, "transaction"),
                     counted(totals.binds, "bind"), counted(totals.drops, "drop"));
}

std::string loss_line(const Loss &loss, bool colour) {
  std::string out = fmt::format("{} recorded, {} lost", counted(loss.recorded, "event"), loss.lost);
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
      columns_({{"ID", Align::kRight},
                {"CLASS", Align::kLeft},
                {"ORIGIN", Align::kLeft},
                {"VHOST", Align::kLeft},
                {"PEER", Align::kLeft},
                {"OPENED s", Align::kRight},
                {"LASTED s", Align::kRight},
                {"TRANSACTIONS", Align::kRight},
                {"STATE", Align::kLeft},
                {"CLOSE REASON", Align::kLeft}},
               [this](std::string_view line) { lines_ += line; }) {}

void TextReport::add(std::string &out, const Connection &connection) {
  any_ = true;
  const bool faint = request().colour && connection.cls != ConnectionClass::kClient;
  if (request().details) lines_ += details_of(connection, timeline());
  else columns_.add(row_of(connection, timeline()), faint ? Tint::kFaint : Tint::kNone);
  out += std::exchange(lines_, {});
}

void TextReport::end(std::string &out) {
  columns_.finish();
  out += std::exchange(lines_, {});
  out += any_ ? "\n" : "no connections\n";
  out += process_line(timeline());
  out += totals_line(timeline().totals());
  out += loss_line(timeline().loss(), request().colour);
}

}  // namespace wsitrace
