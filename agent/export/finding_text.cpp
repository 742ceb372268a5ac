// SPDX-License-Identifier: MIT
#include "agent/export/finding_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/text/frames_text.h"
#include "agent/text/printable.h"
#include "agent/text/times.h"

namespace wsitrace {
namespace {

constexpr size_t kListed = 10;  // connections that are listed by id

void join(std::string &line, const std::string &part) { line += (line.empty() ? "" : ", ") + part; }

std::string connections_text(const Finding &finding) {
  const size_t listed = std::min(finding.connections.size(), kListed);
  const uint64_t total = std::max<uint64_t>(finding.count, finding.connections.size());
  std::string text = total == 1 ? "connection" : "connections";
  for (size_t i = 0; i < listed; ++i) text += (i == 0 ? " " : ", ") + std::to_string(finding.connections[i]);
  return total > listed ? text + fmt::format(" and {} more", total - listed) : text;
}

std::string place_of(const Finding &finding) {
  std::string line;
  if (!finding.vhost.empty()) join(line, "vhost " + printable(finding.vhost));
  const std::string callback = place_text(finding.callback);
  if (!finding.protocol.empty())
    join(line, "protocol " + printable(finding.protocol) + (callback.empty() ? "" : " (" + callback + ")"));
  if (!finding.connections.empty()) join(line, connections_text(finding));
  return line;
}

std::string times_of(const Verdict &verdict, const Finding &finding) {
  std::string line;
  if (const auto first = since_start(verdict, finding.first_ns))
    join(line, fmt::format("since {} s", seconds(*first, 0)));
  if (const auto last = since_start(verdict, finding.last_ns))
    join(line, fmt::format("last event at {} s", seconds(*last, 0)));
  if (finding.age_ns) join(line, fmt::format("{} s old at the end", seconds(*finding.age_ns, 0)));
  return line;
}

void add_stack(std::vector<std::string> &lines, const char *what, const Frames &frames) {
  if (frames.empty()) return;
  lines.push_back(fmt::format("{}:", what));
  for (const std::string &line : lines_of(frames)) lines.push_back("  " + line);
}

}  // namespace

std::vector<std::string> facts_of(const Verdict &verdict, const Finding &finding) {
  std::vector<std::string> lines{place_of(finding), times_of(verdict, finding)};
  if (!finding.last_callback.empty()) lines.push_back("last in charge: " + printable(finding.last_callback));
  add_stack(lines, "made by", finding.created_at);
  if (finding.bound_stack != finding.created_stack) add_stack(lines, "bound by", finding.bound_at);
  lines.erase(std::remove(lines.begin(), lines.end(), ""), lines.end());
  return lines;
}

std::string rule_text(const RuleUse &rule) {
  const std::string what = fmt::format("{}: {}", printable(rule.where), printable(rule.rule));
  if (rule.is_stale()) return what + ": stale, it allowed nothing";
  if (rule.over == 0) return what + fmt::format(": allowed {}", rule.used);
  return what + fmt::format(": allowed {}; {} more would exceed its count", rule.used, rule.over);
}

}  // namespace wsitrace
