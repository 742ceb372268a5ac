// SPDX-License-Identifier: MIT
#include "agent/export/verdict_json.h"

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
  append_frame(object.key("callback"), finding.callback);
  object.text("advice", advice_of(finding));
  object.close();
}

void append_text(std::string &out, const std::string &text) { append_json(out, std::string_view(text)); }

OptionalNs since(OptionalNs at_ns, Ns started_ns) { return at_ns ? OptionalNs(*at_ns - started_ns) : std::nullopt; }

void append_trouble(std::string &out, const CheckedTrouble &checked) {
  append_diagnosis(out, *checked.trouble, checked.verdict->started_ns);
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

void append_diagnosis(std::string &out, const Diagnosis &diagnosis, Ns started_ns) {
  JsonObject object(out);
  object.text("cause", name_of(diagnosis.cause));
  object.text("severity", name_of(diagnosis.severity));
  object.text("certainty", name_of(diagnosis.certainty));
  object.text("sentence", diagnosis.headline);
  object.number("count", diagnosis.count);
  append_list(object.key("connections"), diagnosis.connections, append_id);
  object.text_or_null("vhost", diagnosis.vhost);
  object.text_or_null("protocol", diagnosis.protocol);
  object.number_or_null("first_ns", since(diagnosis.first_ns, started_ns));
  object.number_or_null("last_ns", since(diagnosis.last_ns, started_ns));
  append_frame(object.key("callback"), diagnosis.callback);
  append_list(object.key("evidence"), diagnosis.why, append_text);
  object.text_or_null("advice", diagnosis.advice);
  object.close();
}

void append_severities(std::string &out, const SeverityCounts &counts) {
  JsonObject object(out);
  object.number(name_of(Weight::kFault), counts.faults);
  object.number(name_of(Weight::kTrouble), counts.troubles);
  object.number(name_of(Weight::kNote), counts.notes);
  object.close();
}

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
  object.number("connections", check.connections());
  object.number("lost", check.lost());
  append_severities(object.key("totals"), {check.finding_count(), check.trouble_count(), check.note_count()});
  append_findings(object.key("findings"), check);
  append_list(object.key("troubles"), troubles_of(check), append_trouble);
  append_list(object.key("rules"), check.rules, append_rule);
  object.close();
  out += '\n';
  return out;
}

}  // namespace wsitrace
