// SPDX-License-Identifier: MIT
#include "agent/export/live/row_json.h"

#include "agent/text/callbacks.h"
#include "agent/text/connection_json.h"
#include "agent/text/json_text.h"
#include "agent/timeline/protocol_of.h"

namespace wsitrace {
namespace {

void add_row_time(JsonObject &object, std::string_view name, OptionalNs at_ns, uint64_t started_ns) {
  if (at_ns) append_json(object.key(name), static_cast<int64_t>(*at_ns - started_ns));
  else object.null(name);
}

std::string_view last_path(const Connection &connection) {
  return connection.transactions.empty() ? std::string_view{} : std::string_view(connection.transactions.back().path);
}

void add_ending(JsonObject &object, const Connection &connection) {
  object.text_or_null("reason", connection.close ? name_of(connection.close->reason) : "");
  object.text_or_null("by", connection.close ? name_of(connection.close->by) : "");
}

void append_running(std::string &out, const LastingCallback &callback, const Timeline &timeline) {
  JsonObject object(out);
  object.number("thread", callback.thread);
  object.text("callback", reason_name(callback.kind));
  object.text_or_null("protocol", timeline.text(callback.protocol));
  object.number_or_null("connection", callback.connection == 0 ? std::nullopt : std::optional(callback.connection));
  add_row_time(object, "since_ns", callback.since_ns, timeline.process().started_mono_ns);
  object.number("waiting", waiting_behind(callback, timeline));
  object.close();
}

}  // namespace

std::string row_key(uint32_t pid, uint64_t id) { return std::to_string(pid) + "/" + std::to_string(id); }

void append_row(std::string &out, const ProcessFacts &process, const Connection &connection) {
  const uint64_t started_ns = process.started_mono_ns;
  JsonObject object(out);
  object.text("key", row_key(process.pid, connection.id));
  object.number("pid", process.pid);
  object.text("program", process.program);
  object.number("id", connection.id);
  object.text("class", name_of(connection.cls));
  object.text("origin", name_of(connection.origin));
  object.text_or_null("role", name_of(connection.role));
  object.text_or_null("vhost", connection.vhost);
  object.text_or_null("protocol", bound_protocol(connection));
  object.text("state", name_of(connection.state));
  object.text_or_null("peer", connection.peer);
  object.text_or_null("path", last_path(connection));
  add_row_time(object, "opened_ns", connection.opened_seen ? OptionalNs(connection.opened_ns) : std::nullopt,
               started_ns);
  add_row_time(object, "closed_ns", connection.closed_ns, started_ns);
  object.number("transactions", connection.transactions_total);
  object.number_or_null("parent", connection.parent);
  add_ending(object, connection);
  object.close();
}

int64_t now_of(const LiveProcess &process, Ns now_ns) {
  const Ns at_ns = process.has_ended() ? process.timeline().last_event_ns() : now_ns;
  return static_cast<int64_t>(at_ns - process.timeline().process().started_mono_ns);
}

void append_live_process(std::string &out, const LiveProcess &process, Ns now_ns, bool shortly) {
  const ProcessFacts &facts = process.timeline().process();
  JsonObject object(out);
  object.number("pid", facts.pid);
  if (!shortly) {
    object.text("program", facts.program);
    object.text_or_null("started_at", facts.started_real_ns == 0 ? "" : rfc3339(facts.started_real_ns));
  }
  append_json(object.key("now_ns"), now_of(process, now_ns));
  object.text_or_null("ended", process.timeline().end() == nullptr ? "" : process.timeline().end()->kind);
  append_list(object.key("running"), process.lasting(),
              [&](std::string &to, const LastingCallback &one) { append_running(to, one, process.timeline()); });
  object.close();
}

}  // namespace wsitrace
