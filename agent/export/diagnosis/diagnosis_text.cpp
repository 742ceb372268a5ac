// SPDX-License-Identifier: MIT
#include "agent/export/diagnosis/diagnosis_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "agent/text/frames_text.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr size_t kShown = 20;    // diagnoses
constexpr size_t kExamples = 8;  // of these, with a timeline
constexpr size_t kExamplesOfWhole = 100;
constexpr size_t kListed = 12;  // ids

// "connections 1–12", "connections 3, 7 and 11", "connections 1, 2, 3, ... (1000 in all)".
std::string ids_text(const Diagnosis &diagnosis, size_t most) {
  const auto &ids = diagnosis.connections;
  if (ids.empty()) return "";
  if (ids.size() == 1 && diagnosis.count <= 1) return fmt::format("connection {}", ids.front());
  if (ids.back() - ids.front() + 1 == ids.size() && ids.size() == diagnosis.count && ids.size() > 2)
    return fmt::format("connections {}–{}", ids.front(), ids.back());
  std::string out;
  const size_t listed = std::min(ids.size(), most);
  for (size_t i = 0; i < listed; ++i) out += fmt::format("{}{}", i == 0 ? "" : ", ", ids[i]);
  if (diagnosis.count > listed) out += fmt::format(" and {} more", diagnosis.count - listed);
  return "connections " + out;
}

std::string in_brackets(const std::string &text) { return text.empty() ? "" : " (" + text + ")"; }

std::string where_text(const Diagnosis &diagnosis, Ns started_ns, size_t most_ids) {
  std::string out = ids_text(diagnosis, most_ids);
  const auto add = [&out](const std::string &part) { out += (out.empty() ? "" : ", ") + part; };
  if (!diagnosis.vhost.empty()) add("vhost " + printable(diagnosis.vhost));
  if (!diagnosis.protocol.empty())
    add("protocol " + printable(diagnosis.protocol) + in_brackets(place_text(diagnosis.callback)));
  if (diagnosis.first_ns) add("first at " + time_text(*diagnosis.first_ns, started_ns));
  return out;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z' && !text.starts_with("lws"))
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// One that shows a timeline: unless all is to be told, not of what is harmless, and each connection once.
bool has_example(const std::vector<Diagnosis> &all, const Diagnosis &diagnosis, bool is_whole) {
  if (diagnosis.connections.empty()) return false;
  if (is_whole || diagnosis.severity == Weight::kNote) return is_whole;
  const auto is_same = [&](const Diagnosis &other) {
    return !other.connections.empty() && other.connections.front() == diagnosis.connections.front();
  };
  return &*std::find_if(all.begin(), all.end(), is_same) == &diagnosis;
}

void append_example(std::string &out, const Diagnosis &diagnosis, const ExampleTexts &examples) {
  const auto found = examples.find(diagnosis.connections.front());
  if (found == examples.end()) return;
  out += diagnosis.count > 1 ? "  What happened on one of them:\n" : "  What happened:\n";
  const std::string &text = found->second;
  for (size_t from = 0, end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    out += "    " + text.substr(from, end + 1 - from);
}

// One has been told already.
void append_evidence_of_each(std::string &out, const Diagnosis &diagnosis, size_t width) {
  if (diagnosis.evidence_of_each.size() < 2) return;
  out += "  Evidence of each connection:\n";
  for (const auto &[id, why] : diagnosis.evidence_of_each)
    for (size_t i = 0; i < why.size(); ++i)
      out += wrapped(i == 0 ? fmt::format("{}: {}", id, why[i]) : "  " + why[i], width, 4, 6);
}

struct Look {
  const std::vector<Diagnosis> &all;
  const ExampleTexts &examples;
  Ns started_ns;
  size_t width;
  bool is_whole;
};

void append_diagnosis(std::string &out, const Diagnosis &diagnosis, const Look &look) {
  const size_t width = look.width;
  out +=
      wrapped(fmt::format("{}: {}", capital(name_of(diagnosis.severity)), printable(diagnosis.headline)), width, 0, 2);
  const size_t most_ids = look.is_whole ? diagnosis.connections.size() : kListed;
  const std::string where = where_text(diagnosis, look.started_ns, most_ids);
  out += wrapped(fmt::format("{}, {}{}{}", name_of(diagnosis.cause), name_of(diagnosis.certainty),
                             where.empty() ? "" : ": ", where),
                 width, 2, 4);
  for (const std::string &sentence : diagnosis.why) out += wrapped(sentence, width, 2, 4);
  if (!diagnosis.advice.empty()) out += wrapped("What to do: " + diagnosis.advice + ".", width, 2, 4);
  out += fmt::format("  More: wsitrace explain --cause {}\n", name_of(diagnosis.cause));
  if (look.is_whole) append_evidence_of_each(out, diagnosis, width);
  if (has_example(look.all, diagnosis, look.is_whole)) append_example(out, diagnosis, look.examples);
  out += "\n";
}

// The answer to --cause.
std::string of_one_cause(const Doctor &doctor, const Look &look, const std::string &file,
                         const DiagnosisChoice &choice) {
  std::string out;
  std::map<std::string, size_t> others;
  for (const Diagnosis &diagnosis : doctor.diagnoses()) {
    if (choice.chooses(diagnosis)) append_diagnosis(out, diagnosis, look);
    else ++others[name_of(diagnosis.cause)];
  }
  if (!out.empty()) return out;
  std::string list;
  for (const auto &[cause, count] : others) list += (list.empty() ? "" : ", ") + cause;
  return fmt::format("{}: nothing of cause {} ({})\n", printable(file), name_of(*choice.cause),
                     list.empty() ? "nothing was found at all" : "it has " + list);
}

std::string conclusion(const Doctor &doctor) {
  const std::string counts = severities_of(doctor.diagnoses()).text();
  return counts.empty() ? "" : counts + "\n\n";
}

// Where something may be missing, having found nothing is no promise.
std::string nothing_text(const Doctor &doctor, bool all_closed) {
  if (doctor.timeline().last_event_ns() == 0) return "Nothing was found, for nothing was recorded.\n";
  if (doctor.timeline().loss().lost > 0) return "Nothing was found, but events were lost: there may be something.\n";
  if (doctor.timeline().end() == nullptr) return "Nothing was found so far; the log has no end yet.\n";
  return all_closed ? "Nothing needs attention, and everything was closed.\n" : "Nothing needs attention.\n";
}

}  // namespace

std::set<uint64_t> examples_for(const Doctor &doctor, const DiagnosisChoice &choice) {
  const size_t most = choice.is_whole ? kExamplesOfWhole : kExamples;
  std::set<uint64_t> wanted;
  for (const Diagnosis &diagnosis : doctor.diagnoses())
    if (wanted.size() < most && choice.chooses(diagnosis) &&
        has_example(doctor.diagnoses(), diagnosis, choice.is_whole))
      wanted.insert(diagnosis.connections.front());
  return wanted;
}

std::string diagnosis_text(const Doctor &doctor, const ExampleTexts &examples, const std::string &file, size_t width,
                           const DiagnosisChoice &choice) {
  const Look look{doctor.diagnoses(), examples, doctor.timeline().process().started_mono_ns, width, choice.is_whole};
  if (choice.cause) return of_one_cause(doctor, look, file, choice);
  const auto &all = doctor.diagnoses();
  const size_t shown = choice.is_whole ? all.size() : std::min(all.size(), kShown);
  std::string out = summary_text(doctor, width) + "\n" + conclusion(doctor);
  for (size_t i = 0; i < shown; ++i) append_diagnosis(out, all[i], look);
  if (all.size() > shown)
    out += fmt::format("and {} more, of fewer connections (--verbose shows all)\n\n", all.size() - shown);
  if (doctor.left_out() > 0)
    out += fmt::format("{} more with something wrong, beyond the first {} kinds of trouble\n\n",
                       count_text(doctor.left_out(), "connection"), Doctor::kMaxGroups);
  const std::string open = open_text(doctor, width);
  if (!open.empty()) out += "Still open at the end of the log:\n" + open + "\n";
  if (all.empty()) out += nothing_text(doctor, open.empty());
  else out += fmt::format("`wsitrace explain {} --conn ID` shows one connection in full.\n", printable(file));
  return out;
}

}  // namespace wsitrace
