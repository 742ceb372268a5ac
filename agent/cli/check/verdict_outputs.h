// SPDX-License-Identifier: MIT
//
// Where `check` and `run --check` write their verdict, in which formats: --format F[=FILE], several at once.
//
// Files are made when the command begins, so that one that cannot be is an error before anything runs. The summary of a GitHub
// step is appended to the file that $GITHUB_STEP_SUMMARY names, when that is set and github is one of the formats.
#ifndef WSITRACE_CLI_CHECK_VERDICT_OUTPUTS_H
#define WSITRACE_CLI_CHECK_VERDICT_OUTPUTS_H

#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/output.h"
#include "agent/export/text/examples.h"
#include "agent/verdict/check.h"

namespace wsitrace {

class VerdictOutputs {
 public:
  // FORMATS: "text", "json", "junit", "sarif", "github", each alone (stdout) or with "=FILE".
  static Expected<VerdictOutputs> open(const std::vector<std::string> &formats);
  // junit, sarif, github: formats that only a verdict has. Of "junit=out.xml", too.
  static bool is_of_verdicts_only(std::string_view format);

  [[nodiscard]] bool has_text() const;
  // Call once.
  Expected<void> write(const Check &check, const std::vector<ExampleTexts> &examples);

 private:
  struct One {
    std::string format;
    Output output;
  };
  std::vector<One> all_;
};

}  // namespace wsitrace

#endif
