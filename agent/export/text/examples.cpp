// SPDX-License-Identifier: MIT
#include "agent/export/text/examples.h"

#include <vector>

#include "agent/export/finding_text.h"
#include "agent/export/text/details.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

std::string shortened(const std::string &text) {
  std::vector<std::string> lines;
  for (size_t from = 0, end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    lines.push_back(text.substr(from, end + 1 - from));
  if (lines.size() <= kExampleLines) return text;
  std::string out;
  const size_t first = kExampleLines / 2, last = kExampleLines - first - 1;
  for (size_t i = 0; i < first; ++i) out += lines[i];
  out += "  ... " + count_text(lines.size() - first - last, "more line") + "\n";
  for (size_t i = lines.size() - last; i < lines.size(); ++i) out += lines[i];
  return out;
}

}  // namespace

std::set<uint64_t> examples_for(const Verdict &verdict) {
  std::set<uint64_t> wanted;
  std::set<Cause> kinds;
  for (const Finding &finding : verdict.findings)
    if (!finding.connections.empty() && kinds.insert(finding.kind).second) wanted.insert(finding.connections.front());
  return wanted;
}

ExampleTexts open_examples(const std::set<uint64_t> &wanted, const Timeline &timeline) {
  ExampleTexts texts;
  if (wanted.empty()) return texts;
  timeline.for_each_open([&](const Connection &connection) {
    if (wanted.count(connection.id) > 0) texts[connection.id] = shortened(details_of(connection, timeline));
  });
  return texts;
}

ExampleTexts Examples::texts() const {
  ExampleTexts texts = open_examples(wanted_, timeline_);
  texts.insert(closed_.begin(), closed_.end());
  return texts;
}

void Examples::on_connection_closed(const Connection &connection) {
  if (wanted_.count(connection.id) > 0) closed_[connection.id] = shortened(details_of(connection, timeline_));
}

}  // namespace wsitrace
