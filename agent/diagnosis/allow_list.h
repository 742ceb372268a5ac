// SPDX-License-Identifier: MIT
//
// The allow-list: findings that a user knows of and accepts, one rule a line.
//
//    # comment
//    kind=connection_not_destroyed vhost=app protocol=dyn program=lwsws count=3   # why it is accepted
//
//    kind      which findings (the faults of cause_table.h). Needed, all else is optional; a member left out fits any finding
//    vhost, protocol, program    of the finding, of the process
//    count     at most so many, over all processes; without it any number. A finding that would exceed it stays whole
// In kind, vhost, protocol and program `*` stands for any text, also none. A value has no blanks. `#` begins a comment at the
// start of a line and after a blank. The first rule that fits and has room for a finding takes it.
//
// Errors: one line that names file and line, for whatever is no rule. Nothing is guessed and nothing is skipped.
#ifndef WSITRACE_DIAGNOSIS_ALLOW_LIST_H
#define WSITRACE_DIAGNOSIS_ALLOW_LIST_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/expected.h"
#include "agent/diagnosis/check.h"

namespace wsitrace {

class AllowList {
 public:
  static constexpr size_t kMaxLineBytes = 4096;         // a name of lws has 256 at most
  static constexpr size_t kMaxFileBytes = 1024 * 1024;  // for whoever reads the file

  // NAME is what errors and reports call the list: its file.
  static Expected<AllowList> parse(const std::string &name, std::string_view text_untrusted);
  void append(const AllowList &more) { rules_.insert(rules_.end(), more.rules_.begin(), more.rules_.end()); }

  // Takes out of VERDICT what is allowed and concludes anew. Counts go on from one verdict to the next.
  void apply(Verdict &verdict);
  // What the rules did so far.
  [[nodiscard]] std::vector<RuleUse> uses() const;

 private:
  struct Rule {
    std::string kind, vhost = "*", protocol = "*", program = "*";
    std::optional<uint64_t> count;
    RuleUse use;
  };
  class Parser;

  [[nodiscard]] static bool fits(const Rule &rule, const Verdict &verdict, const Finding &finding);
  bool allows(const Verdict &verdict, const Finding &finding);

  std::vector<Rule> rules_;
};

// Whether TEXT is what PATTERN says, `*` standing for any text.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace wsitrace

#endif
