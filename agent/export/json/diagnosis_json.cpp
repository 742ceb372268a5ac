// SPDX-License-Identifier: MIT
#include "agent/export/json/diagnosis_json.h"

#include "agent/export/verdict_json.h"
#include "agent/text/json_text.h"

namespace wsitrace {
namespace {

void append_one(std::string &out, const std::pair<uint64_t, std::vector<std::string>> &one) {
  JsonObject object(out);
  object.number("connection", one.first);
  append_list(object.key("evidence"), one.second,
              [](std::string &to, const std::string &sentence) { append_json(to, std::string_view(sentence)); });
  object.close();
}

std::vector<const Diagnosis *> chosen_of(const Doctor &doctor, const DiagnosisChoice &choice) {
  std::vector<const Diagnosis *> chosen;
  for (const Diagnosis &diagnosis : doctor.diagnoses())
    if (choice.chooses(diagnosis)) chosen.push_back(&diagnosis);
  return chosen;
}

}  // namespace

std::string diagnosis_json(const Doctor &doctor, const DiagnosisChoice &choice) {
  const Timeline &timeline = doctor.timeline();
  std::string out;
  JsonObject object(out);
  object.text("schema", "wsitrace.diagnosis/1");
  JsonObject process(object.key("process"));
  process.number("pid", timeline.process().pid);
  process.text("program", timeline.process().program);
  process.close();
  object.number("lost", timeline.loss().lost);
  object.number("left_out", doctor.left_out());
  append_severities(object.key("totals"), severities_of(doctor.diagnoses()));
  append_list(object.key("diagnoses"), chosen_of(doctor, choice), [&](std::string &to, const Diagnosis *diagnosis) {
    append_diagnosis(to, *diagnosis, timeline.process().started_mono_ns);
    if (!choice.is_whole) return;
    to.back() = ',';  // one more member
    to += "\"evidence_of_each\":";
    append_list(to, diagnosis->evidence_of_each, append_one);
    to += '}';
  });
  object.close();
  out += '\n';
  return out;
}

DiagnosisDocument diagnosis_document(const Doctor &doctor) {
  return {diagnosis_json(doctor), doctor.timeline().process().program, severities_of(doctor.diagnoses())};
}

void DiagnosisSet::add(const std::string &document) { documents_ += (documents_.empty() ? "\n" : ",\n") + document; }

void DiagnosisSet::leave_out(const std::string &line) { not_read_.push_back(line); }

void DiagnosisSet::leave_out(const Error &why) { leave_out(why.why + (why.hint.empty() ? "" : " (" + why.hint + ")")); }

std::string DiagnosisSet::text() const {
  std::string out = R"({"schema":"wsitrace.diagnoses/1","documents":[)" + documents_ + "],\"not_read\":";
  append_list(out, not_read_,
              [](std::string &to, const std::string &line) { append_json(to, std::string_view(line)); });
  return out + "}\n";
}

}  // namespace wsitrace
