// SPDX-License-Identifier: MIT
//
// Where `check` and `run --check` write their verdict, in which formats: --format F[=FILE], several at once.
//
// Files are made when the command begins, so that one that cannot be is an error before anything runs. The summary of a GitHub
// step is appended to the file that $GITHUB_STEP_SUMMARY names, when that is set and a format has one.
#ifndef WSITRACE_CLI_FORMATS_VERDICT_OUTPUTS_H
#define WSITRACE_CLI_FORMATS_VERDICT_OUTPUTS_H

#include <vector>

#include "agent/cli/formats/format.h"
#include "agent/cli/output.h"

namespace wsitrace {

class VerdictOutputs {
 public:
  // FORMATS: those of verdicts.
  static Expected<VerdictOutputs> open(const WantedFormats &formats);

  [[nodiscard]] bool show_examples() const;
  // Call once.
  Expected<void> write(const Check &check, const std::vector<ExampleTexts> &examples);

 private:
  struct One {
    const Format *format;
    Output output;
  };
  std::vector<One> all_;
};

}  // namespace wsitrace

#endif
