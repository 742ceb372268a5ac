// SPDX-License-Identifier: MIT
#include "agent/export/json/diagnosis_json.h"

#include <nlohmann/json.hpp>

namespace wsitrace {
namespace {

using Tree = nlohmann::ordered_json;

Tree since_start(OptionalNs at_ns, Ns started_ns) { return at_ns ? Tree(*at_ns - started_ns) : Tree(nullptr); }
Tree text_or_null(const std::string &text) { return text.empty() ? Tree(nullptr) : Tree(text); }

Tree evidence_of_each(const Diagnosis &diagnosis) {
  Tree all = Tree::array();
  for (const auto &[id, why] : diagnosis.evidence_of_each) all.push_back({{"connection", id}, {"evidence", why}});
  return all;
}

Tree json_of(const Diagnosis &diagnosis, Ns started_ns, bool is_whole) {
  Tree out{{"cause", diagnosis.cause},
           {"severity", name_of(diagnosis.severity)},
           {"certainty", name_of(diagnosis.certainty)},
           {"sentence", diagnosis.headline},
           {"count", diagnosis.count},
           {"connections", diagnosis.connections},
           {"vhost", text_or_null(diagnosis.vhost)},
           {"protocol", text_or_null(diagnosis.protocol)},
           {"first_ns", since_start(diagnosis.first_ns, started_ns)},
           {"last_ns", since_start(diagnosis.last_ns, started_ns)},
           {"evidence", diagnosis.why},
           {"advice", text_or_null(diagnosis.advice)}};
  if (is_whole) out["evidence_of_each"] = evidence_of_each(diagnosis);
  return out;
}

}  // namespace

std::string diagnosis_json(const Doctor &doctor, const DiagnosisChoice &choice) {
  const Timeline &timeline = doctor.timeline();
  Tree out{{"schema", "wsitrace.diagnosis/1"},
           {"process", {{"pid", timeline.process().pid}, {"program", timeline.process().program}}},
           {"lost", timeline.loss().lost},
           {"left_out", doctor.left_out()},
           {"diagnoses", Tree::array()}};
  for (const Diagnosis &diagnosis : doctor.diagnoses())
    if (choice.chooses(diagnosis))
      out["diagnoses"].push_back(json_of(diagnosis, timeline.process().started_mono_ns, choice.is_whole));
  return out.dump(2, ' ', false, Tree::error_handler_t::replace) + "\n";
}

}  // namespace wsitrace
