// SPDX-License-Identifier: MIT
#include "agent/diagnosis/allow_list.h"

#include <algorithm>
#include <charconv>

#include "agent/base/utf8.h"

namespace wsitrace {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr size_t kShownBytes = 60;  // of a word that an error quotes

std::string in_quotes(std::string_view word) {
  const bool cut = word.size() > kShownBytes;
  return "\"" + utf8(word.substr(0, kShownBytes)) + (cut ? "...\"" : "\"");
}

std::string kind_names() {
  std::string names;
  for (const Cause kind : fault_causes()) names += (names.empty() ? "" : ", ") + std::string(name_of(kind));
  return names;
}

bool is_control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }

std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || kBlanks.find(line[i - 1]) != std::string_view::npos)) return line.substr(0, i);
  return line;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the part before the first of DELIMITERS, and that itself, off TEXT.
std::string_view take(std::string_view &text, std::string_view delimiters) {
  const size_t end = text.find_first_of(delimiters);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // Between two stars the first place that fits is as good as any; the last piece has to end the text.
  for (size_t next = 0; (next = pattern.find('*')) != std::string_view::npos; pattern.remove_prefix(next + 1)) {
    const size_t found = text.find(pattern.substr(0, next));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + next);
  }
  return text.size() >= pattern.size() && text.substr(text.size() - pattern.size()) == pattern;
}

// One line at a time.
class AllowList::Parser {
 public:
  explicit Parser(std::string where) : where_(std::move(where)) {}

  // Nothing for a line without a rule.
  Expected<std::optional<Rule>> parse(std::string_view line) {
    if (const auto clean = check_bytes(line); !clean) return unexpected(clean.error());
    line = trimmed(without_comment(line));
    if (line.empty()) return std::nullopt;
    Rule rule;
    rule.use = {where_, std::string(line)};
    for (std::string_view rest = line; !rest.empty();) {
      const std::string_view word = take(rest, kBlanks);
      if (word.empty()) continue;
      if (const auto set = set_member(rule, word); !set) return unexpected(set.error());
    }
    if (rule.kind.empty()) return wrong("no kind", "kinds: " + kind_names() + ", or *");
    return rule;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(std::string why, std::string hint) const {
    return unexpected(Error{where_, std::move(why), std::move(hint)});
  }

  Expected<void> check_bytes(std::string_view line) const {
    if (line.size() > kMaxLineBytes)
      return wrong(std::to_string(line.size()) + " bytes in one line",
                   "a rule has at most " + std::to_string(kMaxLineBytes));
    if (line.find('\0') != std::string_view::npos) return wrong("holds a NUL byte", "an allow-list is a text file");
    if (std::any_of(line.begin(), line.end(), is_control))
      return wrong("holds a control character", "an allow-list is a text file");
    if (utf8(line) != line) return wrong("is not UTF-8", "an allow-list is a text file in UTF-8");
    return {};
  }

  Expected<void> set_member(Rule &rule, std::string_view word) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos)
      return wrong("cannot read " + in_quotes(word), "a rule is KEY=VALUE with blanks between: kind=... vhost=...");
    const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
    if (value.empty()) return wrong("no value for " + in_quotes(name), "leave it out to allow any");
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end())
      return wrong(in_quotes(name) + " is there twice", "write two rules");
    seen_.emplace_back(name);
    if (name == "kind") return set_kind(rule, value);
    if (name == "count") return set_count(rule, value);
    if (name == "vhost") rule.vhost = value;
    else if (name == "protocol") rule.protocol = value;
    else if (name == "program") rule.program = value;
    else return wrong("unknown member " + in_quotes(name), "members: kind, vhost, protocol, program, count");
    return {};
  }

  Expected<void> set_kind(Rule &rule, std::string_view value) const {
    const auto &kinds = fault_causes();
    const auto fits = [value](Cause kind) { return matches(value, name_of(kind)); };
    if (std::none_of(kinds.begin(), kinds.end(), fits))
      return wrong("unknown kind " + in_quotes(value), "kinds: " + kind_names());
    rule.kind = value;
    return {};
  }

  Expected<void> set_count(Rule &rule, std::string_view value) const {
    uint64_t count = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), count);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size() || count == 0)
      return wrong("count " + in_quotes(value) + " is not a number of findings", "1 or more; without count any number");
    rule.count = count;
    return {};
  }

  std::string where_;
  std::vector<std::string> seen_;
};

Expected<AllowList> AllowList::parse(const std::string &name, std::string_view text) {
  AllowList list;
  if (text.size() > kMaxFileBytes)
    return unexpected(Error{name, std::to_string(text.size()) + " bytes are no allow-list",
                            "at most " + std::to_string(kMaxFileBytes)});
  for (uint64_t number = 1; !text.empty(); ++number) {
    std::string_view line = take(text, "\n");
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    auto rule = Parser(name + ":" + std::to_string(number)).parse(line);
    if (!rule) return unexpected(rule.error());
    if (*rule) list.rules_.push_back(std::move(**rule));
  }
  return list;
}

bool AllowList::fits(const Rule &rule, const Verdict &verdict, const Finding &finding) {
  return matches(rule.kind, name_of(finding.kind)) && matches(rule.vhost, finding.vhost) &&
         matches(rule.protocol, finding.protocol) && matches(rule.program, verdict.program);
}

bool AllowList::allows(const Verdict &verdict, const Finding &finding) {
  Rule *exceeded = nullptr;
  for (Rule &rule : rules_) {
    if (!fits(rule, verdict, finding)) continue;
    if (!rule.count || finding.count <= *rule.count - rule.use.used) {
      rule.use.used += finding.count;
      return true;
    }
    if (exceeded == nullptr) exceeded = &rule;
  }
  if (exceeded != nullptr) exceeded->use.over += finding.count;
  return false;
}

void AllowList::apply(Verdict &verdict) {
  const auto allowed = [&](const Finding &finding) { return allows(verdict, finding); };
  verdict.findings.erase(std::remove_if(verdict.findings.begin(), verdict.findings.end(), allowed),
                         verdict.findings.end());
  verdict.conclude();
}

std::vector<RuleUse> AllowList::uses() const {
  std::vector<RuleUse> uses;
  uses.reserve(rules_.size());
  for (const Rule &rule : rules_) uses.push_back(rule.use);
  return uses;
}

}  // namespace wsitrace
