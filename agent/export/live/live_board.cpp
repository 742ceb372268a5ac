// SPDX-License-Identifier: MIT
#include "agent/export/live/live_board.h"

#include <algorithm>
#include <utility>

#include "agent/diagnosis/check.h"
#include "agent/export/live/row_json.h"
#include "agent/export/verdict_json.h"
#include "agent/text/connection_json.h"
#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

constexpr Ns kJudgeEveryNs = 5'000'000'000;  // 100,000 connections take 40 ms

void append_rows(std::string &out, const RowTable &table, const std::vector<uint32_t> &rows) {
  append_list(out, rows, [&](std::string &to, uint32_t row) {
    append_row(to, table[row].process->timeline().process(), *table[row].connection);
  });
}

template <typename Processes>
void append_processes(std::string &out, const Processes &processes, Ns now_ns, bool shortly) {
  append_list(out, processes,
              [&](std::string &to, const auto &process) { append_live_process(to, *process, now_ns, shortly); });
}

template <typename Processes>
void add_now(JsonObject &object, const Processes &processes, Ns now_ns) {
  if (processes.empty()) object.null("now_ns");
  else append_json(object.key("now_ns"), now_of(*processes.front(), now_ns));
}

struct ProcessDoubt {
  const Verdict *of;
  std::string_view doubt;
};

std::vector<ProcessDoubt> doubts_by_process(const Check &check) {
  std::vector<ProcessDoubt> doubts;
  for (const Verdict &verdict : check.verdicts)
    for (const std::string &doubt : verdict.doubts) doubts.push_back({&verdict, doubt});
  return doubts;
}

void append_doubt(std::string &out, const ProcessDoubt &doubt) {
  JsonObject object(out);
  object.text("program", doubt.of->program);
  object.number("pid", doubt.of->pid);
  object.text("doubt", doubt.doubt);
  object.close();
}

void add(Loss &sum, const Loss &loss) {
  sum.recorded += loss.recorded;
  sum.lost += loss.lost;
  for (const auto &[cause, count] : loss.by_cause) sum.by_cause[cause] += count;
}

}  // namespace

std::shared_ptr<LiveProcess> LiveBoard::listener() {
  const std::lock_guard lock(shared_.mutex);
  auto process = std::make_shared<LiveProcess>(
      shared_,
      LiveProcess::Board{[this](const LiveProcess &known) { supersede(known); }, [this] { limit_ended_processes(); }},
      next_number_++);
  processes_.push_back(process);
  return process;
}

void LiveBoard::ask() {
  const std::lock_guard lock(shared_.mutex);
  for (const auto &process : processes_) process->tell_that_asked();
}

void LiveBoard::supersede(const LiveProcess &process) {
  const auto is_former = [&](const auto &other) {
    return other.get() != &process && other->timeline().process().pid == process.timeline().process().pid;
  };
  for (const auto &other : processes_)
    if (is_former(other)) other->leave();
  processes_.erase(std::remove_if(processes_.begin(), processes_.end(), is_former), processes_.end());
}

void LiveBoard::limit_ended_processes() {
  const auto has_ended = [](const auto &process) { return process->has_ended(); };
  auto ended = static_cast<size_t>(std::count_if(processes_.begin(), processes_.end(), has_ended));
  for (; ended > limits_.ended_processes; --ended) {
    const auto oldest = std::find_if(processes_.begin(), processes_.end(), has_ended);
    (*oldest)->leave();
    processes_.erase(oldest);
  }
}

std::string LiveBoard::connections(const ConnectionQuery &query, Ns now_ns) const {
  const std::lock_guard lock(shared_.mutex);
  const Selection selection = select_rows(shared_.table, query);
  std::string out;
  JsonObject object(out);
  object.text("schema", "wsitrace.connections/1");
  add_now(object, processes_, now_ns);
  append_processes(object.key("processes"), processes_, now_ns, false);
  object.number("total", selection.total);
  object.number("offset", query.offset);
  append_rows(object.key("connections"), shared_.table, selection.rows);
  object.close();
  out += '\n';
  return out;
}

std::optional<uint32_t> LiveBoard::find(uint32_t pid, uint64_t id) const {
  for (const auto &process : processes_)
    if (process->timeline().process().pid == pid) return process->row_of(id);
  return std::nullopt;
}

std::optional<std::string> LiveBoard::connection(uint32_t pid, uint64_t id) const {
  const std::lock_guard lock(shared_.mutex);
  const auto at = find(pid, id);
  if (!at) return std::nullopt;
  const Row &row = shared_.table[*at];
  std::string out;
  append_connection(out, *row.connection, row.process->timeline().process().started_mono_ns);
  out += '\n';
  return out;
}

std::string LiveBoard::findings(Ns now_ns) const {
  const std::lock_guard lock(shared_.mutex);
  Check check;
  for (const auto &process : processes_) check.verdicts.push_back(process->verdict());
  std::string out;
  JsonObject object(out);
  object.text("schema", "wsitrace.findings/1");
  add_now(object, processes_, now_ns);
  append_processes(object.key("processes"), processes_, now_ns, false);
  object.text("verdict", name_of(check.conclusion()));
  append_list(object.key("doubts"), doubts_of(check),
              [](std::string &to, const CheckedDoubt &doubt) { append_json(to, std::string_view(doubt.line)); });
  append_list(object.key("doubtful"), doubts_by_process(check), append_doubt);
  append_findings(object.key("findings"), check);
  object.close();
  out += '\n';
  return out;
}

size_t LiveBoard::finding_count(Ns now_ns) const {
  if (findings_ns_ != 0 && now_ns - findings_ns_ < kJudgeEveryNs) return findings_;
  findings_ns_ = now_ns;
  findings_ = 0;
  for (const auto &process : processes_) findings_ += process->verdict().findings.size();
  return findings_;
}

// "loss" and "totals", which are of all processes; what was open when its process ended is open no more.
void LiveBoard::append_state(std::string &out, Ns now_ns) const {
  Loss loss;
  Totals totals;
  Census::Numbers numbers;
  uint64_t open = 0, connections_open = 0;
  for (const auto &process : processes_) {
    const Totals &of = process->timeline().totals();
    add(loss, process->timeline().loss());
    totals.opened += of.opened;
    totals.closed += of.closed;
    totals.transactions += of.transactions;
    numbers.add(process->numbers());
    if (process->has_ended()) continue;
    open += of.opened - of.closed;
    connections_open += process->numbers().open;
  }
  out += ",\"loss\":";
  append_loss(out, loss);
  out += ",\"totals\":";
  JsonObject object(out);
  object.number("opened", totals.opened);
  object.number("closed", totals.closed);
  object.number("open", open);
  object.number("transactions", totals.transactions);
  object.number("findings", finding_count(now_ns));
  object.number("connections", numbers.connections);
  object.number("connections_open", connections_open);
  object.number("streams", numbers.streams);
  object.number("listeners", numbers.listeners);
  object.close();
}

LiveMessage LiveBoard::hello(Ns now_ns) const {
  const std::lock_guard lock(shared_.mutex);
  return render_hello(now_ns);
}

LiveMessage LiveBoard::render_hello(Ns now_ns) const {
  Selection selection = select_open_rows(shared_.table, kHelloRows);
  const auto &ended = shared_.table.ended();
  const size_t recent = std::min(ended.size(), kHelloEnded);
  const size_t fitting = std::min(recent, kHelloRows - selection.rows.size());
  const size_t more = selection.total - selection.rows.size() + recent - fitting;
  selection.rows.insert(selection.rows.end(), ended.end() - static_cast<ptrdiff_t>(fitting), ended.end());
  LiveMessage message;
  message.position = shared_.table.version();
  std::string &out = message.text;
  JsonObject object(out);
  object.text("type", "hello");
  object.text("schema", "wsitrace.live/1");
  append_processes(object.key("processes"), processes_, now_ns, false);
  append_state(out, now_ns);
  append_rows(object.key("rows"), shared_.table, selection.rows);
  object.number("more", more);
  object.close();
  return message;
}

LiveMessage LiveBoard::changes(uint64_t position, Ns now_ns) const {
  const std::lock_guard lock(shared_.mutex);
  auto gone = shared_.table.gone_since(position);
  if (!gone) return render_hello(now_ns);
  std::vector<uint32_t> rows = shared_.table.changed_since(position);
  LiveMessage message;
  message.position = shared_.table.version();
  if (rows.size() > kChangedRows) {
    rows.resize(kChangedRows);
    message.position = shared_.table[rows.back()].version;
  }
  const auto not_to_be_told = [&](const Gone &g) { return g.version > message.position || find(g.pid, g.id); };
  gone->erase(std::remove_if(gone->begin(), gone->end(), not_to_be_told), gone->end());
  message.tells = !rows.empty() || !gone->empty() || shared_.lasting_version > position;
  std::string &out = message.text;
  JsonObject object(out);
  object.text("type", "changes");
  append_processes(object.key("processes"), processes_, now_ns, true);
  append_state(out, now_ns);
  append_rows(object.key("rows"), shared_.table, rows);
  append_list(object.key("gone"), *gone,
              [](std::string &to, const Gone &g) { append_json(to, std::string_view(row_key(g.pid, g.id))); });
  object.close();
  return message;
}

}  // namespace wsitrace
