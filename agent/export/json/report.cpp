// SPDX-License-Identifier: MIT
#include "agent/export/json/report.h"

namespace wsitrace {

JsonReport::JsonReport(JsonShape shape, Filter filter, Write write)
    : shape_(shape), filter_(std::move(filter)), write_(std::move(write)) {}

void JsonReport::on_process(const ProcessFacts &facts) {
  timeline_.on_process(facts);
  begin();
}

void JsonReport::begin() {
  if (begun_) return;
  begun_ = true;
  if (shape_ == JsonShape::kDocument) return begin_document(text_);
  text_.append(R"({"type":"process",)").append(kSchemaMember).append(R"(,"process":)");
  append_process(text_, timeline_.process(), nullptr);
  text_ += "}\n";
}

void JsonReport::on_connection_closed(const Connection &connection) { add(connection); }

void JsonReport::add(const Connection &connection) {
  if (!filter_.matches(connection)) return;
  begin();
  if (shape_ == JsonShape::kLines) text_ += R"({"type":"connection","connection":)";
  else text_ += any_ ? ",\n" : "\n";
  any_ = true;
  append_connection(text_, connection, timeline_.process().started_mono_ns, name_frames_);
  if (shape_ == JsonShape::kLines) text_ += "}\n";
  flush(kPieceBytes);
}

void JsonReport::finish() {
  begin();
  timeline_.for_each_open([this](const Connection &connection) { add(connection); });
  const uint64_t findings = judge_.verdict(timeline_).findings.size();
  if (shape_ == JsonShape::kDocument) finish_document(findings);
  else finish_lines(findings);
  flush(1);
}

void JsonReport::finish_document(uint64_t findings) {
  text_ += any_ ? "\n]" : "]";
  end_document(text_, timeline_, findings);
}

void JsonReport::finish_lines(uint64_t findings) {
  text_ += R"({"type":"loss","loss":)";
  append_loss(text_, timeline_.loss());
  text_ +=
      "}\n"
      R"({"type":"totals","totals":)";
  append_totals(text_, timeline_.totals(), findings);
  text_ +=
      "}\n"
      R"({"type":"end","process":)";
  append_process(text_, timeline_.process(), timeline_.end());
  text_ += "}\n";
}

void JsonReport::flush(size_t at_least) {
  if (text_.size() < at_least) return;
  write_(text_);
  text_.clear();
}

}  // namespace wsitrace
