// SPDX-License-Identifier: MIT
//
// Bytes that are too many for memory, in a file that has no name and goes with its last user.
//
// Errors: what cannot be written is an Error of written() and map(): the disk is full, or there is a limit on files (RLIMIT_FSIZE).
#ifndef WSITRACE_BASE_SPOOL_H
#define WSITRACE_BASE_SPOOL_H

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
  // All that was added is in the file.
  [[nodiscard]] Expected<void> written() const;
  // All that was added, to be read. Not empty.
  Expected<Mapping> map();
  [[nodiscard]] const Fd &file() const { return file_; }

 private:
  Spool(std::string directory, Fd file) : directory_(std::move(directory)), file_(std::move(file)) {}

  std::string directory_;
  Fd file_;
  size_t bytes_ = 0;
  int error_ = 0;
};

}  // namespace wsitrace

#endif
