// SPDX-License-Identifier: MIT
//
// Where results go: stdout, or a file that the user named. What cannot be written is an Error at the end, not an exception.
#ifndef WSITRACE_CLI_OUTPUT_H
#define WSITRACE_CLI_OUTPUT_H

#include <cstdio>
#include <string>
#include <string_view>

#include "agent/base/expected.h"

namespace wsitrace {

class Output {
 public:
  static Output to_stdout();
  static Expected<Output> to_file(const std::string &path);
  static Expected<Output> append_to_file(const std::string &path);
  Output(Output &&other) noexcept;
  Output &operator=(Output &&) = delete;
  ~Output();

  void write(std::string_view text);
  // The end; the error of any write before shows here.
  Expected<void> finish();

  [[nodiscard]] bool is_terminal() const;

 private:
  static Expected<Output> open(const std::string &path, const char *mode);
  Output(FILE *file, std::string name) : file_(file), name_(std::move(name)) {}

  FILE *file_;
  std::string name_;
  int error_ = 0;
};

// One line on stderr.
void complain(const Error &error);

inline constexpr int kUsageStatus = 2;  // usage or unreadable input

}  // namespace wsitrace

#endif
