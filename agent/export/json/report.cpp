// SPDX-License-Identifier: MIT
#include "agent/export/json/report.h"

namespace wsitrace {

void JsonReport::begin(std::string &out) {
  if (shape_ == JsonShape::kDocument) return begin_document(out);
  out.append(R"({"type":"process",)").append(kSchemaMember).append(R"(,"process":)");
  append_process(out, timeline().process(), nullptr);
  out += "}\n";
}

void JsonReport::add(std::string &out, const Connection &connection) {
  if (shape_ == JsonShape::kLines) out += R"({"type":"connection","connection":)";
  else out += any_ ? ",\n" : "\n";
  any_ = true;
  append_connection(out, connection, timeline().process().started_mono_ns, request().name_frames);
  if (shape_ == JsonShape::kLines) out += "}\n";
}

void JsonReport::end(std::string &out) {
  const uint64_t findings = request().judge.verdict(timeline()).findings.size();
  if (shape_ == JsonShape::kDocument) {
    out += any_ ? "\n]" : "]";
    return end_document(out, timeline(), findings);
  }
  out += R"({"type":"loss","loss":)";
  append_loss(out, timeline().loss());
  out +=
      "}\n"
      R"({"type":"totals","totals":)";
  append_totals(out, timeline().totals(), findings);
  out +=
      "}\n"
      R"({"type":"end","process":)";
  append_process(out, timeline().process(), timeline().end());
  out += "}\n";
}

}  // namespace wsitrace
