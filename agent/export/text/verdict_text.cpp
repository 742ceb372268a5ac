// SPDX-License-Identifier: MIT
#include "agent/export/text/verdict_text.h"

#include <fmt/format.h>

#include "agent/export/text/printable.h"

namespace wsitrace {
namespace {

std::string conclusion_line(const Verdict &verdict) {
  switch (verdict.conclusion) {
    case Conclusion::kClean: return "nothing found\n";
    case Conclusion::kFindings:
      return fmt::format("{} finding{}\n", verdict.findings.size(), verdict.findings.size() == 1 ? "" : "s");
    case Conclusion::kInconclusive: break;
  }
  return "inconclusive: nothing found, but that cannot be promised\n";
}

}  // namespace

std::string verdict_text(const Verdict &verdict) {
  std::string out;
  for (const Finding &finding : verdict.findings) {
    out += fmt::format("{}: {}", name_of(finding.kind), printable(finding.message));
    if (!finding.vhost.empty()) out += fmt::format(" (vhost {})", printable(finding.vhost));
    out += '\n';
  }
  for (const std::string &doubt : verdict.doubts) out += "doubt: " + printable(doubt) + "\n";
  if (verdict.live_at_exit > 0)
    out += fmt::format("{} connections were open at the end, their context too: no leak\n", verdict.live_at_exit);
  return out + conclusion_line(verdict);
}

}  // namespace wsitrace
