// SPDX-License-Identifier: MIT
#include "agent/text/verdict_json.h"

#include "agent/text/frames_json.h"
#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

void append_id(std::string &out, uint64_t id) { append_json(out, id); }

void append_finding(std::string &out, const CheckedFinding &checked) {
  const Finding &finding = *checked.finding;
  JsonObject object(out);
  object.text("kind", name_of(finding.kind));
  object.text_or_null("program", checked.verdict->program);
  if (checked.verdict->pid == 0) object.null("pid");
  else object.number("pid", checked.verdict->pid);
  if (finding.connections.empty()) object.null("connection");
  else object.number("connection", finding.connections.front());
  append_list(object.key("connections"), finding.connections, append_id);
  object.truth("certain", finding.certain);
  object.number("count", finding.count);
  object.text_or_null("vhost", finding.vhost);
  object.text_or_null("protocol", finding.protocol);
  object.text_or_null("last_callback", finding.last_callback);
  object.number_or_null("first_ns", since_start(*checked.verdict, finding.first_ns));
  object.number_or_null("last_ns", since_start(*checked.verdict, finding.last_ns));
  object.number_or_null("age_ns", finding.age_ns);
  object.text("message", finding.message);
  if (finding.created_at.empty()) object.null("stacks");
  else append_stacks(object.key("stacks"), finding.created_at, finding.bound_at);
  object.text("advice", advice_on(finding.kind));
  object.close();
}

void append_rule(std::string &out, const RuleUse &rule) {
  JsonObject object(out);
  object.text("where", rule.where);
  object.text("rule", rule.rule);
  object.number("used", rule.used);
  object.number("over", rule.over);
  object.truth("stale", rule.is_stale());
  object.close();
}

}  // namespace

void append_findings(std::string &out, const Check &check) { append_list(out, findings_of(check), append_finding); }

std::string verdict_json(const Check &check) {
  std::string out;
  JsonObject object(out);
  object.text("schema", "wsitrace.check/1");
  object.text("verdict", name_of(check.conclusion()));
  object.number("exit_status", static_cast<uint64_t>(check.exit_status()));
  append_list(object.key("doubts"), doubts_of(check),
              [](std::string &to, const CheckedDoubt &doubt) { append_json(to, std::string_view(doubt.line)); });
  object.number("live_at_exit", check.live_at_exit());
  append_findings(object.key("findings"), check);
  append_list(object.key("rules"), check.rules, append_rule);
  object.close();
  out += '\n';
  return out;
}

}  // namespace wsitrace
