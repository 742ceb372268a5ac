// SPDX-License-Identifier: MIT
#include "agent/export/github/github.h"

#include "agent/export/finding_text.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

std::string conclusion_of(const Check &check) {
  std::string findings = count_text(check.finding_count(), "finding");
  switch (check.conclusion()) {
    case Conclusion::kClean: return check.fails_on_stale_rules() ? "the allow-list has stale rules" : "no leaks";
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
         escaped_markdown(advice_of(finding)) + " |\n";
}

std::string row_of(const CheckedTrouble &checked) {
  const Diagnosis &trouble = *checked.trouble;
  std::string why;
  for (const std::string &sentence : trouble.why) why += "<br>" + escaped_markdown(sentence);
  return std::string("| `") + name_of(trouble.cause) + "` | " + std::to_string(trouble.count) + " | " +
         escaped_markdown(checked.verdict->program) + " | " + escaped_markdown(trouble.headline) + why + " | " +
         escaped_markdown(trouble.advice) + " |\n";
}

// The first kSummaryRows of ALL; NOUN says what they are.
template <typename Checked>
std::string table_of(const std::vector<Checked> &all, std::string_view noun) {
  if (all.empty()) return "";
  std::string out = "\n| kind | count | program | what | what to do |\n|---|---:|---|---|---|\n";
  for (size_t i = 0; i < all.size() && i < kSummaryRows; ++i) out += row_of(all[i]);
  if (all.size() > kSummaryRows) out += "\nand " + count_text(all.size() - kSummaryRows, noun) + " more\n";
  return out;
}

std::string troubles_text(const Check &check) {
  if (check.trouble_count() == 0) return "";
  return "\n" + count_text(check.trouble_count(), "kind") + " of trouble, which " +
         (check.trouble_count() == 1 ? "does" : "do") + " not fail the check:\n" + table_of(troubles_of(check), "kind");
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
  std::string out =
      "### wsitrace: " + conclusion_of(check) + "\n" + table_of(findings_of(check), "finding") + troubles_text(check);
  std::string list;
  for (const CheckedDoubt &doubt : doubts_of(check)) {
    const std::string program = doubt.program.empty() ? "" : doubt.program + ": ";
    list += "- doubt: " + escaped_markdown(program + doubt.doubt) + "\n";
  }
  for (const RuleUse &rule : check.rules) list += "- " + escaped_markdown(rule_text(rule)) + "\n";
  return out + (list.empty() ? "" : "\n" + list);
}

}  // namespace wsitrace
