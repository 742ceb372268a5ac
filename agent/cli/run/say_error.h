// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_RUN_SAY_ERROR_H
#define WSITRACE_CLI_RUN_SAY_ERROR_H

#include <cstdio>

#include "agent/base/expected.h"

namespace wsitrace {

// One line on stderr, written at once, so that it stays one beside what the program writes.
inline void say_error(const Error &error) {
  const std::string line = error.line() + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace wsitrace

#endif
