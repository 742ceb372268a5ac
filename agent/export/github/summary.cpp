// SPDX-License-Identifier: MIT
#include "agent/export/github/github.h"

#include "agent/text/finding_text.h"
#include "agent/text/printable.h"

namespace wsitrace {
namespace {

std::string conclusion_of(const Check &check) {
  std::string findings = counted(check.finding_count(), "finding");
  switch (check.conclusion()) {
    case Conclusion::kClean: return check.fails_on_stale_rules() ? "the allow-list has stale rules" : "nothing found";
    case Conclusion::kFindings: return findings;
    case Conclusion::kInconclusive: break;
  }
  return "inconclusive, " + findings;
}

std::string row_of(const CheckedFinding &checked) {
  const Finding &finding = *checked.finding;
  std::string facts;
  for (const std::string &fact : facts_of(*checked.verdict, finding)) facts += "<br>" + escaped_markdown(fact);
  return "| `" + std::string(name_of(finding.kind)) + "` | " + std::to_string(finding.count) + " | " +
         escaped_markdown(checked.verdict->program) + " | " + escaped_markdown(finding.message) + facts + " | " +
         escaped_markdown(advice_on(finding.kind)) + " |\n";
}

std::string table_of(const Check &check) {
  const auto findings = findings_of(check);
  if (findings.empty()) return "";
  std::string out = "\n| kind | count | program | what | what to do |\n|---|---:|---|---|---|\n";
  for (size_t i = 0; i < findings.size() && i < kSummaryRows; ++i) out += row_of(findings[i]);
  if (findings.size() > kSummaryRows) out += "\nand " + counted(findings.size() - kSummaryRows, "finding") + " more\n";
  return out;
}

}  // namespace

std::string escaped_markdown(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    const bool punctuation =
        c > ' ' && c < 0x7f && std::string_view("\\`*_{}[]<>#!|&~:@").find(c) != std::string_view::npos;
    if (punctuation) out += '\\';
    out += c;
  }
  return out;
}

std::string github_summary(const Check &check) {
  std::string out = "### wsitrace: " + conclusion_of(check) + "\n" + table_of(check);
  std::string list;
  for (const CheckedDoubt &doubt : doubts_of(check)) {
    const std::string program = doubt.program.empty() ? "" : doubt.program + ": ";
    list += "- doubt: " + escaped_markdown(program + doubt.doubt) + "\n";
  }
  for (const RuleUse &rule : check.rules) list += "- " + escaped_markdown(rule_text(rule)) + "\n";
  return out + (list.empty() ? "" : "\n" + list);
}

}  // namespace wsitrace
