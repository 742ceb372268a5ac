// SPDX-License-Identifier: MIT
#include "agent/cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace wsitrace {

Output Output::to_stdout() { return {stdout, "stdout"}; }

Expected<Output> Output::to_file(const std::string &path) { return open(path, "we"); }
Expected<Output> Output::append_to_file(const std::string &path) { return open(path, "ae"); }

Expected<Output> Output::open(const std::string &path, const char *mode) {
  FILE *file = std::fopen(path.c_str(), mode);
  if (file == nullptr) return unexpected(system_error(path, errno, "choose a file that you may write"));
  return Output(file, path);
}

Output::Output(Output &&other) noexcept
    : file_(std::exchange(other.file_, nullptr)), name_(std::move(other.name_)), error_(other.error_) {}

Output::~Output() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void Output::write(std::string_view text) {
  if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno;
}

Expected<void> Output::finish() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  if (error_ != 0) return unexpected(system_error(name_, error_, "the output is not complete"));
  return {};
}

bool Output::is_terminal() const {
  const char *no_colour = std::getenv("NO_COLOR");  // https://no-color.org
  return isatty(fileno(file_)) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

void complain(const Error &error) {
  const std::string line = error.line() + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace wsitrace
