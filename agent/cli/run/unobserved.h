// SPDX-License-Identifier: MIT
//
// Processes of a run that used libwebsockets and could not be observed, or not wholly. That others were is no answer for these: each is named
// on stderr, and makes a check inconclusive.
#ifndef WSITRACE_CLI_RUN_UNOBSERVED_H
#define WSITRACE_CLI_RUN_UNOBSERVED_H

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/cli/run/recordings.h"
#include "agent/diagnosis/verdict.h"

namespace wsitrace {

struct Unobserved {
  uint32_t pid;
  std::string program;  // its base name
  std::string why, hint;
  bool judged;  // it recorded, so that the verdict on it says the same

  [[nodiscard]] Error error() const;      // the line for stderr
  [[nodiscard]] Verdict verdict() const;  // inconclusive, with this as the doubt
};

// Among the processes that attached.
std::vector<Unobserved> unobserved_among(const Recordings &recordings);

}  // namespace wsitrace

#endif
