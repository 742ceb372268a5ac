// SPDX-License-Identifier: MIT
//
// Text that is too long for memory, in a file that has no name and goes with its last user.
//
// Errors: what cannot be written is an Error of map(): the disk is full, or there is a limit on files (RLIMIT_FSIZE).
#ifndef WSITRACE_CLI_RUN_SPOOL_H
#define WSITRACE_CLI_RUN_SPOOL_H

#include <string>
#include <string_view>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/base/mapping.h"

namespace wsitrace {

class Spool {
 public:
  static Expected<Spool> create(const std::string &directory);

  void add(std::string_view text);
  // All that was added, to be read. Not empty.
  Expected<Mapping> map();

 private:
  Spool(std::string directory, Fd file) : directory_(std::move(directory)), file_(std::move(file)) {}

  std::string directory_;
  Fd file_;
  size_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace wsitrace

#endif
