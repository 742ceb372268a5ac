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
  // When what is for stdout goes there: kHeld keeps it in a file without a name until finish().
  enum class Stdout { kAtOnce, kHeld };

  static Output to_stdout();
  static Expected<Output> append_to_file(const std::string &path);
  // FILE, or stdout if that is empty.
  static Expected<Output> open(const std::string &file, Stdout when);
  Output(Output &&other) noexcept;
  Output &operator=(Output &&) = delete;
  ~Output();

  void write(std::string_view text);
  // The end; the error of any write before shows here.
  Expected<void> finish();

  // It goes to one that shows colours.
  [[nodiscard]] bool is_terminal() const;

 private:
  static Expected<Output> to_file(const std::string &path);
  static Expected<Output> to(FILE *file, std::string name);
  Output(FILE *file, std::string name) : file_(file), name_(std::move(name)) {}
  [[nodiscard]] bool copy_to_stdout() const;

  FILE *file_;
  std::string name_;
  bool held_ = false;
  int error_ = 0;
};

// One line on stderr, written at once, so that it stays one beside what a traced program writes.
void complain(const Error &error);

// FILE has the ids from 1 to KNOWN, and not ID.
Error no_such_connection(uint64_t id, const std::string &file, uint64_t known);

inline constexpr int kUsageStatus = 2;  // usage or unreadable input

}  // namespace wsitrace

#endif
