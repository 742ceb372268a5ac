// SPDX-License-Identifier: MIT
#include "agent/export/github/github.h"

#include <vector>

#include "agent/base/utf8.h"
#include "agent/text/finding_text.h"

namespace wsitrace {
namespace {

std::string escaped(std::string_view text, std::string_view special) {
  constexpr const char *kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : xml_characters(text)) {
    if (special.find(c) == std::string_view::npos) out += c;
    else out += {'%', kDigits[c >> 4], kDigits[c & 15]};
  }
  return out;
}

// The annotations of one level.
class Annotations {
 public:
  explicit Annotations(const char *level) : level_(level) {}
  void add(const std::string &title, const std::string &message, const std::string &place = "") {
    all_.push_back({title, message, place});
  }

  [[nodiscard]] std::string text() const {
    std::string out;
    const size_t shown = all_.size() <= kAnnotations ? all_.size() : kAnnotations - 1;
    for (size_t i = 0; i < shown; ++i) out += line(all_[i]);
    if (shown < all_.size())
      out +=
          line({"wsitrace", "and " + std::to_string(all_.size() - shown) + " more: the step's summary has them", ""});
    return out;
  }

 private:
  struct Annotation {
    std::string title, message, place;
  };
  [[nodiscard]] std::string line(const Annotation &annotation) const {
    return std::string("::") + level_ + " " + annotation.place + "title=" + escaped_property(annotation.title) +
           "::" + escaped_message(annotation.message) + "\n";
  }

  const char *level_;
  std::vector<Annotation> all_;
};

// The properties that put FINDING on a line of the code under review; none without one there.
std::string place_of(const SourceRoot &root, const Finding &finding) {
  for (const Frames *frames : {&finding.created_at, &finding.bound_at})
    for (const Frame &frame : *frames) {
      const auto path = frame.line > 0 ? root.path_from_here(frame.file) : std::nullopt;
      if (path) return "file=" + escaped_property(*path) + ",line=" + std::to_string(frame.line) + ",";
    }
  return {};
}

std::string message_of(const CheckedFinding &checked) {
  std::string message = checked.verdict->program + ": " + checked.finding->message;
  for (const std::string &fact : facts_of(*checked.verdict, *checked.finding)) message += "\n" + fact;
  return message + "\nwhat to do: " + advice_on(checked.finding->kind);
}

}  // namespace

std::string escaped_message(std::string_view text) { return escaped(text, "%\r\n"); }
std::string escaped_property(std::string_view text) { return escaped(text, "%\r\n:,"); }

std::string github_annotations(const Check &check, const SourceRoot &root) {
  Annotations errors("error"), warnings("warning");
  for (const CheckedFinding &checked : findings_of(check))
    errors.add(std::string("wsitrace: ") + name_of(checked.finding->kind), message_of(checked),
               place_of(root, *checked.finding));
  for (const CheckedDoubt &doubt : doubts_of(check))
    warnings.add("wsitrace: inconclusive", (doubt.program.empty() ? "" : doubt.program + ": ") + doubt.doubt);
  for (const RuleUse &rule : check.rules)
    if (rule.is_stale()) (check.strict_allow ? errors : warnings).add("wsitrace: stale rule", rule_text(rule));
  return errors.text() + warnings.text();
}

}  // namespace wsitrace
