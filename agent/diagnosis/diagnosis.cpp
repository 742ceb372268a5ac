// SPDX-License-Identifier: MIT
#include "agent/diagnosis/diagnosis.h"

#include <algorithm>

#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr auto kOtherRows = kCauseRows.subspan<kFaults>();
static_assert(std::none_of(kOtherRows.begin(), kOtherRows.end(),
                           [](const CauseRow &row) { return row.severity == Weight::kFault; }),
              "faults come first in the table");

std::string value_of(std::string_view token, uint64_t count, const std::string &who, const std::string &detail) {
  if (token == "who") return who;
  if (token == "detail" || token == "request" || token == "span" || token == "protocol") return detail;
  const size_t bar = token.find('|');
  return std::string(count == 1 ? token.substr(0, bar) : token.substr(bar + 1));
}

}  // namespace

void SeverityCounts::add(Weight severity) {
  if (severity == Weight::kFault) ++faults;
  else if (severity == Weight::kTrouble) ++troubles;
  else ++notes;
}

void SeverityCounts::add(const SeverityCounts &others) {
  faults += others.faults;
  troubles += others.troubles;
  notes += others.notes;
}

std::string SeverityCounts::text() const {
  std::string out;
  const auto add_part = [&out](uint64_t count, const std::string &part) {
    if (count > 0) out += (out.empty() ? "" : ", ") + part;
  };
  add_part(faults, count_text(faults, "fault"));
  add_part(troubles, count_text(troubles, "kind") + " of trouble");
  add_part(notes, count_text(notes, "note"));
  return out;
}

SeverityCounts severities_of(const std::vector<Diagnosis> &diagnoses) {
  SeverityCounts counts;
  for (const Diagnosis &one : diagnoses) counts.add(one.severity);
  return counts;
}

const char *name_of(Weight severity) {
  switch (severity) {
    case Weight::kFault: return "fault";
    case Weight::kTrouble: return "trouble";
    case Weight::kNote: break;
  }
  return "note";
}

const char *name_of(Certainty certainty) { return certainty == Certainty::kProven ? "proven" : "likely"; }

std::string filled(std::string_view headline, uint64_t count, const std::string &who, const std::string &detail) {
  std::string out;
  while (!headline.empty()) {
    const size_t open = headline.find('{');
    out += headline.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = headline.find('}', open);
    out += value_of(headline.substr(open + 1, close - open - 1), count, who, detail);
    headline.remove_prefix(close + 1);
  }
  return out;
}

Diagnosis diagnosis_of(Cause cause, uint64_t count, const std::string &detail, const std::string &who) {
  const CauseRow &row = row_of(cause);
  Diagnosis out;
  out.cause = cause;
  out.severity = row.severity;
  out.count = count;
  out.headline = filled(row.headline, count, who, detail);
  out.advice = row.advice;
  return out;
}

}  // namespace wsitrace
