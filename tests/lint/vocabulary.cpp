// SPDX-License-Identifier: MIT
//
// The closed tables of the agent as one JSON object, and what the exporters make of a check in which each kind of finding was made
// once, each time with another callback in charge. Nothing here names a row.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/cli/formats/format.h"
#include "agent/diagnosis/faults/groups.h"
#include "agent/export/prometheus/metrics.h"
#include "agent/export/sarif/sarif.h"
#include "agent/export/verdict_json.h"
#include "agent/lws/callbacks.h"

namespace wsitrace {
namespace {

using Json = nlohmann::ordered_json;

Json finding_rows() {
  Json rows = Json::array();
  for (const CauseRow &row : kFaultRows)
    rows.push_back({{"name", row.name}, {"meaning", row.meaning}, {"advice", row.advice}, {"leak", row.is_leak()}});
  return rows;
}

template <typename Row, size_t kRows>
Json rows_of(const Row (&table)[kRows]) {
  Json rows = Json::array();
  for (const Row &row : table) {
    rows.push_back({{"name", row.name}, {"meaning", row.meaning}});
    if constexpr (requires { row.severity; }) rows.back()["severity"] = name_of(row.severity);
  }
  return rows;
}

Json callback_rows() {
  Json rows = Json::array();
  for (const role::Row &row : role::kCallbacks)
    rows.push_back({{"name", row.name}, {"number", row.number}, {"recorded", has_role<role::kRecorded>(row.number)}});
  return rows;
}

Json format_rows() {
  Json rows = Json::array();
  for (const Format &format : formats())
    rows.push_back({{"name", format.name},
                    {"meaning", format.meaning},
                    {"report", is_of_reports(format)},
                    {"verdict", is_of_verdicts(format)},
                    {"diagnosis", is_of_diagnoses(format)},
                    {"comparison", is_of_comparisons(format)}});
  return rows;
}

// As many findings as there are rows in the longer table: every kind, and every callback as the last one in charge.
Check check_of_everything() {
  Verdict verdict;
  const auto kinds = fault_causes();
  const size_t callbacks = std::size(role::kCallbacks);
  for (size_t i = 0; i < std::max(kinds.size(), callbacks); ++i) {
    Connection connection;
    connection.id = i + 1;
    connection.last_callback = role::kCallbacks[i % callbacks].number;
    Groups groups;
    groups.add(kinds[i % kinds.size()], connection, "any");
    verdict.findings.push_back(groups.findings(0).front());
  }
  verdict.conclude();
  Check check;
  check.verdicts.push_back(std::move(verdict));
  return check;
}

std::string metrics_of(const Check &check) {
  Metrics metrics;
  FindingCounts counts{};
  for (const Finding &finding : check.verdicts.front().findings) ++counts[static_cast<size_t>(finding.kind)];
  metrics.add_findings({}, counts);
  for (const role::Row &row : role::kCallbacks)
    if (has_role<role::kRecorded>(row.number)) metrics.on_event_counted(row.number);
  return render_metrics(metrics);
}

}  // namespace
}  // namespace wsitrace

int main() {
  using namespace wsitrace;
  const Check check = check_of_everything();
  const Json out{{"finding_kinds", finding_rows()},
                 {"close_reasons", rows_of(kCloseReasons)},
                 {"close_evidence", rows_of(kCloseEvidence)},
                 {"outcomes", rows_of(kOutcomes)},
                 {"callbacks", callback_rows()},
                 {"formats", format_rows()},
                 {"check", Json::parse(verdict_json(check))},
                 {"sarif", Json::parse(sarif(check, SourceRoot{}))},
                 {"metrics", metrics_of(check)}};
  std::puts(out.dump(1).c_str());
}
