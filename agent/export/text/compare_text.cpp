// SPDX-License-Identifier: MIT
#include "agent/export/text/compare_text.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "agent/export/text/columns.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

std::string milliseconds(uint64_t duration_ns) {
  return fmt::format("{:.3f} ms", static_cast<double>(duration_ns) / 1e6);
}

std::string value(const Change &change, uint64_t number) {
  return change.unit == Unit::kNs ? milliseconds(number) : std::to_string(number);
}

std::string absolute_text(const Change &change) {
  const int64_t absolute = change.absolute();
  return (absolute < 0 ? "-" : "+") + value(change, static_cast<uint64_t>(std::abs(absolute)));
}

std::string relative_text(const Change &change, bool saw_as_much) {
  const auto relative = change.relative();
  if (!relative) return saw_as_much ? "new" : "not seen before";
  return change.after == 0 ? "gone" : fmt::format("{:+.1f} %", *relative * 100);
}

// "12.0 % -> 3.1 %"
std::string shares_text(const Change &change) {
  if (!change.share_before || !change.share_after) return "";
  return fmt::format("{:.1f} % -> {:.1f} %", *change.share_before * 100, *change.share_after * 100);
}

std::string tendency_text(const Change &change) {
  return change.tendency == Tendency::kNeutral ? "" : name_of(change.tendency);
}

Tint tint_of(const Change &change, bool colour) {
  if (!colour || change.tendency == Tendency::kNeutral) return Tint::kNone;
  return change.tendency == Tendency::kWorse ? Tint::kWarning : Tint::kFaint;
}

void append_table(std::string &out, const Comparison &comparison, bool colour) {
  const bool shares = loads_differ(comparison.before, comparison.after);
  std::vector<Columns::Column> titles{{"WHAT", Align::kLeft},    {"BEFORE", Align::kRight},   {"AFTER", Align::kRight},
                                      {"CHANGE", Align::kRight}, {"RELATIVE", Align::kRight}, {"", Align::kLeft}};
  if (shares) titles.insert(titles.end() - 1, {"SHARE", Align::kRight});
  Columns columns(std::move(titles), [&out](std::string_view text) { out += text; });
  for (const Change &change : comparison.changes) {
    Columns::Row row{printable(change.what), value(change, change.before), value(change, change.after),
                     absolute_text(change), relative_text(change, comparison.saw_as_much())};
    if (shares) row.push_back(shares_text(change));
    row.push_back(tendency_text(change));
    columns.add(std::move(row), tint_of(change, colour));
  }
  columns.finish();
}

std::string size_of(const Summary &summary) {
  return count_text(summary.count(Family::kConnections), "connection") + ", " +
         count_text(summary.count(Family::kTransactions), "transaction");
}

void append_doubts(std::string &out, const Summary &summary, const char *side) {
  for (const Doubt &doubt : summary.doubts) out += fmt::format("doubt: {}: {}\n", side, printable(doubt.text));
}

std::string rule_line(const JudgedRule &rule) {
  constexpr const char *kWords[] = {"held", "broken", "not judged"};
  std::string line = fmt::format("{}: {}", kWords[static_cast<size_t>(rule.result)], printable(rule.rule));
  for (const Change &change : rule.changes)
    line += fmt::format("{} {} {} -> {}", &change == &rule.changes.front() ? ":" : ",", printable(change.what),
                        value(change, change.before), value(change, change.after));
  if (!rule.why.empty()) line += fmt::format(" ({})", printable(rule.why));
  return line + "\n";
}

std::string conclusion_line(const Comparison &comparison) {
  const uint64_t broken = comparison.rule_count(RuleResult::kBroken);
  const uint64_t not_judged = comparison.rule_count(RuleResult::kNotJudged);
  const std::string rules = count_text(comparison.rules.size(), "rule");
  if (broken > 0) return fmt::format("worse: {} of {} broken\n", broken, rules);
  if (not_judged > 0) return fmt::format("inconclusive: {} of {} could not be judged\n", not_judged, rules);
  return fmt::format("no worse: {} held\n", rules);
}

}  // namespace

std::string compare_text(const Comparison &comparison, bool colour) {
  std::string out;
  if (comparison.changes.empty()) out = "nothing changed: " + size_of(comparison.after) + " in both\n";
  else append_table(out, comparison, colour);
  for (const std::string &note : comparison.notes()) out += "note: " + printable(note) + "\n";
  append_doubts(out, comparison.before, "before");
  append_doubts(out, comparison.after, "after");
  for (const JudgedRule &rule : comparison.rules) out += rule_line(rule);
  return comparison.rules.empty() ? out : out + conclusion_line(comparison);
}

}  // namespace wsitrace
