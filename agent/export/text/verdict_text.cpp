// SPDX-License-Identifier: MIT
#include "agent/export/text/verdict_text.h"

#include <fmt/format.h>

#include "agent/export/finding_text.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr size_t kShown = 20;  // findings of one kind and process

// "; 2 kinds of trouble, 1 note", or nothing.
std::string and_others(const Check &check) {
  const std::string others = SeverityCounts{0, check.trouble_count(), check.note_count()}.text();
  return others.empty() ? "" : "; " + others;
}

std::string conclusion_line(const Check &check) {
  const std::string findings = count_text(check.finding_count(), "finding");
  const std::string looked_at =
      fmt::format("{}, {} lost", count_text(check.connections(), "connection"), count_text(check.lost(), "event"));
  switch (check.conclusion()) {
    case Conclusion::kClean:
      return fmt::format("no leaks: {}{}{}\n", looked_at, and_others(check),
                         check.fails_on_stale_rules() ? ", but the allow-list has stale rules" : "");
    case Conclusion::kFindings: return fmt::format("{}: {}{}\n", findings, looked_at, and_others(check));
    case Conclusion::kInconclusive: break;
  }
  if (check.finding_count() > 0)
    return fmt::format("inconclusive: {}, and there may be more{}\n", findings, and_others(check));
  return fmt::format("inconclusive: no leak was seen, but that cannot be promised{}\n", and_others(check));
}

void append_troubles(std::string &out, const Check &check) {
  const auto troubles = troubles_of(check);
  for (size_t i = 0; i < troubles.size() && i < kShown; ++i) {
    const auto &[verdict, trouble] = troubles[i];
    const std::string program = check.verdicts.size() > 1 ? " in " + printable(verdict->program) : "";
    out += fmt::format("trouble{}: {}\n", program, printable(trouble->headline));
  }
  if (troubles.size() > kShown) out += fmt::format("trouble: and {} more\n", troubles.size() - kShown);
}

// Where the reader finds out more.
void append_next(std::string &out, const Check &check) {
  for (const Verdict &verdict : check.verdicts)
    if (!verdict.trace.empty() && (!verdict.findings.empty() || !verdict.troubles.empty() || verdict.live_at_exit > 0))
      out += fmt::format("`wsitrace explain {}` tells more\n", printable(verdict.trace));
}

void append_indented(std::string &out, const std::string &text) {
  for (size_t from = 0, end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    out += "    " + text.substr(from, end + 1 - from);
}

void append_finding(std::string &out, const Verdict &verdict, const Finding &finding) {
  out += fmt::format("{}: {}\n", name_of(finding.kind), printable(finding.message));
  for (const std::string &line : facts_of(verdict, finding)) out += "  " + line + "\n";
}

void append_example(std::string &out, const std::vector<const Finding *> &findings, const ExampleTexts &texts) {
  for (const Finding *finding : findings) {
    if (finding->connections.empty()) continue;
    const auto text = texts.find(finding->connections.front());
    if (text == texts.end()) return;
    out +=
        findings.size() == 1 && finding->count == 1 ? "  what happened on it:\n" : "  what happened on one of them:\n";
    append_indented(out, text->second);
    return;
  }
}

void append_kind(std::string &out, const Verdict &verdict, const std::vector<const Finding *> &findings,
                 const ExampleTexts &texts) {
  for (size_t i = 0; i < findings.size() && i < kShown; ++i) append_finding(out, verdict, *findings[i]);
  if (findings.size() > kShown)
    out +=
        fmt::format("{}: {} more\n", name_of(findings.front()->kind), count_text(findings.size() - kShown, "finding"));
  out += fmt::format("  what to do: {}\n", advice_of(*findings.front()));
  append_example(out, findings, texts);
}

void append_findings(std::string &out, const Verdict &verdict, const ExampleTexts &texts) {
  for (const Cause kind : fault_causes()) {
    std::vector<const Finding *> findings;
    for (const Finding &finding : verdict.findings)
      if (finding.kind == kind) findings.push_back(&finding);
    if (!findings.empty()) append_kind(out, verdict, findings, texts);
  }
}

}  // namespace

std::string verdict_text(const Check &check, const std::vector<ExampleTexts> &examples) {
  std::string out;
  for (size_t i = 0; i < check.verdicts.size(); ++i) {
    const Verdict &verdict = check.verdicts[i];
    if (check.verdicts.size() > 1 && !verdict.findings.empty()) out += "in " + printable(verdict.program) + "\n";
    append_findings(out, verdict, i < examples.size() ? examples[i] : ExampleTexts{});
  }
  append_troubles(out, check);
  for (const CheckedDoubt &doubt : doubts_of(check)) out += "doubt: " + printable(doubt.line) + "\n";
  for (const RuleUse &rule : check.rules) out += rule_text(rule) + "\n";
  if (check.live_at_exit() > 0)
    out += fmt::format("still open at the end, as was the lws context: {}\n",
                       count_text(check.live_at_exit(), "connection"));
  append_next(out, check);
  return out + conclusion_line(check);
}

}  // namespace wsitrace
