// SPDX-License-Identifier: MIT
//
// Fuzzes the doctor, and what renders its diagnoses, with trace files: of whatever a log says there is a diagnosis in plain text, which
// is proven only with evidence, and which a terminal shows and does not obey.
#include <nlohmann/json.hpp>

#include "agent/diagnosis/doctor.h"
#include "agent/export/diagnosis/diagnosis_text.h"
#include "agent/export/json/diagnosis_json.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/trace_mutator.h"

namespace wsitrace {
namespace {

void require_shape(const Diagnosis &diagnosis) {
  require(!diagnosis.headline.empty());
  require(diagnosis.certainty == Certainty::kLikely || !diagnosis.why.empty());
  require(diagnosis.connections.size() <= kKeptIds && diagnosis.connections.size() <= diagnosis.count);
}

void require_harmless(const std::string &text) {
  for (const char c : text) require(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
}

void diagnose(const std::string &path, const DiagnosisChoice &choice) {
  JudgedLog log;
  Doctor doctor(log, choice.is_whole ? Doctor::Evidence::kOfEach : Doctor::Evidence::kOfTheFirst);
  log.timeline.add(doctor);
  const auto read = read_log(path, log.timeline);
  if (!read && log.timeline.heard_nothing()) return;
  doctor.finish();
  for (const Diagnosis &diagnosis : doctor.diagnoses()) require_shape(diagnosis);
  require_harmless(diagnosis_text(doctor, {}, "trace", choice.is_whole ? 0 : 80, choice));
  const auto json = nlohmann::json::parse(diagnosis_json(doctor, choice));
  require(json["diagnoses"].size() == doctor.diagnoses().size());
}

}  // namespace
}  // namespace wsitrace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const wsitrace::Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  wsitrace::require(::write(file.get(), data, size) == static_cast<ssize_t>(size));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  wsitrace::diagnose(path, {std::nullopt, size % 2 == 0});
  return 0;
}
