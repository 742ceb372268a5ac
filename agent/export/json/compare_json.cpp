// SPDX-License-Identifier: MIT
#include "agent/export/json/compare_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

void append_change(std::string &out, const Change &change) {
  JsonObject object(out);
  object.text("what", change.what);
  object.text("unit", change.unit == Unit::kNs ? "ns" : "count");
  object.number("before", change.before);
  object.number("after", change.after);
  append_json(object.key("absolute"), change.absolute());
  if (const auto relative = change.relative()) object.key("relative") += nlohmann::json(*relative).dump();
  else object.null("relative");
  object.text("tendency", name_of(change.tendency));
  for (const auto &[name, share] :
       {std::pair{"share_before", change.share_before}, {"share_after", change.share_after}})
    if (share) object.key(name) += nlohmann::json(*share).dump();
    else object.null(name);
  object.close();
}

void append_judged(std::string &out, const JudgedRule &rule) {
  JsonObject object(out);
  object.text("rule", rule.rule);
  object.text("result", name_of(rule.result));
  object.text_or_null("why", rule.why);
  append_list(object.key("changes"), rule.changes, append_change);
  object.close();
}

void append_doubt(std::string &out, const Doubt &doubt) { append_json(out, std::string_view(doubt.text)); }

void append_note(std::string &out, const std::string &note) { append_json(out, std::string_view(note)); }

struct Count {
  std::string what;
  uint64_t count;
};

std::vector<Count> counts_of(const Summary &summary) {
  std::vector<Count> counts;
  for (const Family family : all_families())
    for (const auto &[name, count] : summary.of(family)) counts.push_back({count_name(family, name), count});
  return counts;
}

void append_count(std::string &out, const Count &count) {
  JsonObject object(out);
  object.text("what", count.what);
  object.number("count", count.count);
  object.close();
}

void append_latencies(std::string &out, const Summary &summary) {
  JsonObject measures(out);
  for (const Measure measure : all_measures()) {
    JsonObject object(measures.key(name_of(measure)));
    object.number("count", summary.of(measure).count());
    for (const Quantile quantile : all_quantiles()) {
      const std::string key = std::string(name_of(quantile)) + "_ns";
      if (summary.of(measure).count() > 0) object.number(key, summary.latency_ns(measure, quantile));
      else object.null(key);
    }
    object.close();
  }
  measures.close();
}

void append_summary(std::string &out, const Summary &summary) {
  JsonObject object(out);
  object.text_or_null("program", summary.program);
  append_list(object.key("doubts"), summary.doubts, append_doubt);
  append_list(object.key("counts"), counts_of(summary), append_count);
  append_latencies(object.key("latencies"), summary);
  object.close();
}

}  // namespace

std::string compare_json(const Comparison &comparison) {
  std::string out;
  JsonObject object(out);
  object.text("schema", "wsitrace.diff/1");
  object.number("exit_status", static_cast<uint64_t>(comparison.exit_status()));
  append_summary(object.key("before"), comparison.before);
  append_summary(object.key("after"), comparison.after);
  append_list(object.key("notes"), comparison.notes(), append_note);
  append_list(object.key("changes"), comparison.changes, append_change);
  append_list(object.key("rules"), comparison.rules, append_judged);
  object.close();
  out += '\n';
  return out;
}

}  // namespace wsitrace
