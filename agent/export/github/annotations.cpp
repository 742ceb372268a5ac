// SPDX-License-Identifier: MIT
#include "agent/export/github/github.h"

#include <vector>

#include "agent/base/log_text.h"
#include "agent/export/finding_text.h"

namespace wsitrace {
namespace {

std::string escaped(std::string_view text, std::string_view special) {
  constexpr const char *kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : log_characters(text)) {
    if (c == '[' && out.ends_with("##")) out += ' ';  // "##[...]" is a command wherever it stands in a line
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

// The properties that put an annotation on a line of the code under review; none without one there.
std::string place_of(const SourceRoot &root, const Frame &frame) {
  const auto path = frame.line > 0 ? root.path_from_here(frame.file) : std::nullopt;
  return path ? "file=" + escaped_property(*path) + ",line=" + std::to_string(frame.line) + "," : "";
}

std::string place_of(const SourceRoot &root, const Finding &finding) {
  for (const Frames *frames : {&finding.created_at, &finding.bound_at})
    for (const Frame &frame : *frames)
      if (std::string place = place_of(root, frame); !place.empty()) return place;
  return finding.callback ? place_of(root, *finding.callback) : "";
}

std::string message_of(const CheckedFinding &checked) {
  std::string message = checked.verdict->program + ": " + checked.finding->message;
  for (const std::string &fact : facts_of(*checked.verdict, *checked.finding)) message += "\n" + fact;
  return message + "\nwhat to do: " + advice_of(*checked.finding);
}

std::string message_of(const CheckedTrouble &checked) {
  std::string message = checked.verdict->program + ": " + checked.trouble->headline;
  for (const std::string &sentence : checked.trouble->why) message += "\n" + sentence;
  return checked.trouble->advice.empty() ? message : message + "\nwhat to do: " + checked.trouble->advice;
}

}  // namespace

std::string escaped_message(std::string_view text) { return escaped(text, "%\r\n"); }
std::string escaped_property(std::string_view text) { return escaped(text, "%\r\n:,"); }

std::string github_annotations(const Check &check, const SourceRoot &root) {
  Annotations errors("error"), warnings("warning");
  for (const CheckedFinding &checked : findings_of(check))
    errors.add(std::string("wsitrace: ") + name_of(checked.finding->kind), message_of(checked),
               place_of(root, *checked.finding));
  for (const CheckedTrouble &checked : troubles_of(check))
    warnings.add(std::string("wsitrace: ") + name_of(checked.trouble->cause), message_of(checked),
                 checked.trouble->callback ? place_of(root, *checked.trouble->callback) : "");
  for (const CheckedDoubt &doubt : doubts_of(check))
    warnings.add("wsitrace: inconclusive", (doubt.program.empty() ? "" : doubt.program + ": ") + doubt.doubt);
  for (const RuleUse &rule : check.rules)
    if (rule.is_stale()) (check.strict_allow ? errors : warnings).add("wsitrace: stale rule", rule_text(rule));
  return errors.text() + warnings.text();
}

}  // namespace wsitrace
