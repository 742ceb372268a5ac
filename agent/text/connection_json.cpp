// SPDX-License-Identifier: MIT
#include "agent/text/connection_json.h"

#include <cstdio>

#include "agent/text/frames_json.h"
#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

// A time since the start; negative for what a damaged log dates before it.
void add_time(JsonObject &object, std::string_view name, OptionalNs at_ns, uint64_t started_ns) {
  if (at_ns) append_json(object.key(name), static_cast<int64_t>(*at_ns - started_ns));
  else object.null(name);
}

void append_binding(std::string &out, const Binding &binding, uint64_t started_ns) {
  JsonObject object(out);
  object.text("protocol", binding.protocol);
  add_time(object, "bound_ns", binding.bound_ns, started_ns);
  add_time(object, "dropped_ns", binding.dropped_ns, started_ns);
  object.text_or_null("cause", binding.cause);
  object.close();
}

void append_transaction(std::string &out, const Transaction &transaction, uint64_t started_ns) {
  JsonObject object(out);
  object.number("index", transaction.index);
  object.text_or_null("version", transaction.version);
  object.text_or_null("method", transaction.method);
  object.text_or_null("path", transaction.path);
  object.number_or_null("status", transaction.status);
  object.text_or_null("protocol", transaction.protocol);
  object.truth_or_null("pipelined", transaction.pipelined);
  const char *evidence = name_of(transaction.pipelined_evidence);
  object.text_or_null("pipelined_evidence", evidence != nullptr ? evidence : "");
  add_time(object, "requested_ns", transaction.requested_ns, started_ns);
  add_time(object, "handled_ns", transaction.handled_ns, started_ns);
  add_time(object, "responded_ns", transaction.responded_ns, started_ns);
  add_time(object, "completed_ns", transaction.completed_ns, started_ns);
  object.text("outcome", name_of(transaction.outcome));
  object.close();
}

void append_session(std::string &out, const Session &session, uint64_t started_ns) {
  JsonObject object(out);
  object.text("protocol", session.protocol);
  add_time(object, "established_ns", session.established_ns, started_ns);
  add_time(object, "closed_ns", session.closed_ns, started_ns);
  object.number_or_null("peer_code", session.peer_code);
  object.number_or_null("local_code", session.local_code);
  object.close();
}

void append_close(std::string &out, const Close &close) {
  JsonObject object(out);
  object.text("reason", name_of(close.reason));
  object.text("by", name_of(close.by));
  object.text("evidence", name_of(close.evidence));
  object.text_or_null("detail", close.detail);
  object.number_or_null("ws_code", close.ws_code);
  object.close();
}

template <typename Item, typename Append>
void append_timed_list(std::string &out, const std::vector<Item> &items, Append append, uint64_t started_ns) {
  out += '[';
  for (size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += ',';
    append(out, items[i], started_ns);
  }
  out += ']';
}

// The names come from the log.
void append_counts(std::string &out, const std::map<std::string, uint64_t> &counts) {
  out += '{';
  bool first = true;
  for (const auto &[name, count] : counts) {
    if (!first) out += ',';
    first = false;
    append_json(out, name);
    out += ':';
    append_json(out, count);
  }
  out += '}';
}

void add_identity(JsonObject &object, const Connection &connection) {
  object.number("id", connection.id);
  append_hex(object.key("pointer"), connection.pointer);
  object.number("generation", connection.generation);
  object.text("class", name_of(connection.cls));
  object.text("origin", name_of(connection.origin));
  object.text("evidence", name_of(connection.evidence));
  object.text_or_null("role", name_of(connection.role));
  object.number_or_null("parent", connection.parent);
  object.number_or_null("thread", connection.thread);
  object.number_or_null("opened_thread", connection.opened_thread);
  object.text_or_null("vhost", connection.vhost);
  object.text_or_null("opened_vhost", connection.opened_vhost);
  object.number_or_null("fd", connection.fd);
  object.text_or_null("local", connection.local);
  object.text_or_null("peer", connection.peer);
}

void append_tls(std::string &out, const Tls &tls) {
  JsonObject object(out);
  object.text_or_null("version", tls.version);
  object.text_or_null("cipher", tls.cipher);
  object.text_or_null("alpn", tls.alpn);
  object.text_or_null("sni", tls.sni);
  object.truth_or_null("resumed", tls.resumed);
  object.number_or_null("verify", tls.verify);
  object.number_or_null("handshake_ns", tls.handshake_ns);
  object.text_or_null("failure", tls.failure);
  object.close();
}

void append_tcp(std::string &out, const Tcp &tcp) {
  JsonObject object(out);
  object.number("received_bytes", tcp.received_bytes);
  object.number("sent_bytes", tcp.sent_bytes);
  object.number("rtt_us", tcp.rtt_us);
  object.number("retransmits", tcp.retransmits);
  object.close();
}

void add_transport(JsonObject &object, const Connection &connection) {
  object.text_or_null("target", connection.target);
  if (connection.tls) append_tls(object.key("tls"), *connection.tls);
  else object.null("tls");
  if (connection.tcp) append_tcp(object.key("tcp"), *connection.tcp);
  else object.null("tcp");
}

}  // namespace

void append_connection(std::string &out, const Connection &connection, uint64_t started_ns, const NameFrames &name) {
  JsonObject object(out);
  add_identity(object, connection);
  add_transport(object, connection);
  add_time(object, "opened_ns", connection.opened_seen ? OptionalNs(connection.opened_ns) : std::nullopt, started_ns);
  add_time(object, "connected_ns", connection.connected_ns, started_ns);
  add_time(object, "closed_ns", connection.closed_ns, started_ns);
  object.text("state", name_of(connection.state));
  if (connection.close) append_close(object.key("close"), *connection.close);
  else object.null("close");
  object.number("bindings_total", connection.bindings_total);
  append_timed_list(object.key("bindings"), connection.bindings, append_binding, started_ns);
  object.number("transactions_total", connection.transactions_total);
  append_timed_list(object.key("transactions"), connection.transactions, append_transaction, started_ns);
  if (connection.session) append_session(object.key("session"), *connection.session, started_ns);
  else object.null("session");
  if (!connection.created_stack.empty())
    append_stacks(object.key("stacks"), name(connection.created_stack), name(connection.bound_stack));
  object.close();
}

void append_process(std::string &out, const ProcessFacts &process, const End *end) {
  JsonObject object(out);
  object.number("pid", process.pid);
  object.text("program", process.program);
  std::string &argv = object.key("argv");
  append_timed_list(
      argv, process.arguments, [](std::string &to, const std::string &text, uint64_t) { append_json(to, text); }, 0);
  object.text_or_null("lws_version", process.lws_version);
  object.text("attach", process.attach.empty() ? "unknown" : process.attach);
  if (process.started_real_ns == 0) object.null("started_at");
  else object.text("started_at", rfc3339(process.started_real_ns));
  if (end == nullptr) object.null("ended");
  else object.text("ended", end->kind);
  object.number_or_null("status", end == nullptr ? std::nullopt : end->status);
  object.text_or_null("notice", process.notice);
  append_counts(object.key("trouble"), process.trouble);
  object.close();
}

void append_loss(std::string &out, const Loss &loss) {
  JsonObject object(out);
  object.number("recorded", loss.recorded);
  object.number("lost", loss.lost);
  append_counts(object.key("by_cause"), loss.by_cause);
  object.close();
}

void append_totals(std::string &out, const Totals &totals, uint64_t findings) {
  JsonObject object(out);
  object.number("opened", totals.opened);
  object.number("closed", totals.closed);
  object.number("open", totals.opened - totals.closed);
  object.number("transactions", totals.transactions);
  object.number("binds", totals.binds);
  object.number("drops", totals.drops);
  object.number("findings", findings);
  object.close();
}

void begin_document(std::string &out) { out.append("{").append(kSchemaMember).append(",\n\"connections\":["); }

void end_document(std::string &out, const Timeline &timeline, uint64_t findings) {
  out += ",\n\"process\":";
  append_process(out, timeline.process(), timeline.end());
  out += ",\n\"loss\":";
  append_loss(out, timeline.loss());
  out += ",\n\"totals\":";
  append_totals(out, timeline.totals(), findings);
  out += "}\n";
}

// Civil date of a day count: days_from_civil's inverse, http://howardhinnant.github.io/date_algorithms.html
std::string rfc3339(uint64_t since_epoch_ns) {
  const uint64_t seconds = since_epoch_ns / 1'000'000'000;
  const uint64_t days = seconds / 86400 + 719468;
  const uint64_t era = days / 146097, day_of_era = days % 146097;
  const uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const uint64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const uint64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  char text[64];
  std::snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", static_cast<unsigned>(year),
                static_cast<unsigned>(month), static_cast<unsigned>(day), static_cast<unsigned>(seconds / 3600 % 24),
                static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60),
                static_cast<unsigned>(since_epoch_ns % 1'000'000'000));
  return text;
}

}  // namespace wsitrace
