// SPDX-License-Identifier: MIT
#include "agent/cli/run/unobserved.h"

#include <fmt/core.h>

#include "agent/cli/run/silence.h"

namespace wsitrace {

Error Unobserved::error() const {
  return {fmt::format("{} (PID {})", program, pid), (judged ? "not all recorded: " : "nothing recorded: ") + why, hint};
}

Verdict Unobserved::verdict() const {
  Verdict verdict;
  verdict.pid = pid;
  verdict.program = program;
  verdict.doubts.push_back("nothing was recorded: " + why);
  verdict.conclude();
  return verdict;
}

std::vector<Unobserved> unobserved_among(const Recordings &recordings) {
  std::vector<Unobserved> found;
  for (const auto &recording : recordings.all()) {
    const ProcessFacts &process = recording->process();
    if (process.notice.empty()) continue;
    const char *hint = recording->has_unobserved_lws() ? kLinkIt : "";
    found.push_back({process.pid, process.program, process.notice, hint, recording->is_started()});
  }
  return found;
}

}  // namespace wsitrace
