// SPDX-License-Identifier: MIT
#include "agent/cli/output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "agent/base/output_file.h"

namespace wsitrace {
namespace {

constexpr const char *kStdout = "stdout";

}  // namespace

Output Output::to_stdout() { return {stdout, kStdout}; }

Expected<Output> Output::append_to_file(const std::string &path) { return to(std::fopen(path.c_str(), "ae"), path); }

Expected<Output> Output::open(const std::string &file, Stdout when) {
  if (!file.empty()) return to_file(file);
  if (when == Stdout::kAtOnce) return to_stdout();
  auto output = to(std::tmpfile(), kStdout);
  if (output) output->held_ = true;
  return output;
}

Expected<Output> Output::to_file(const std::string &path) {
  constexpr unsigned kMode = 0666;  // as fopen(3) has it
  auto fd = open_output(path, kMode);
  if (!fd) return unexpected(fd.error());
  struct stat facts {};
  if (::fstat(fd->get(), &facts) == 0 && S_ISREG(facts.st_mode) && ::ftruncate(fd->get(), 0) != 0)
    return unexpected(system_error(path, errno));
  return to(::fdopen(fd->release(), "w"), path);
}

Expected<Output> Output::to(FILE *file, std::string name) {
  if (file == nullptr) return unexpected(system_error(name, errno, "choose a file that you may write"));
  return Output(file, std::move(name));
}

Output::Output(Output &&other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      name_(std::move(other.name_)),
      held_(other.held_),
      error_(other.error_) {}

Output::~Output() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void Output::write(std::string_view text) {
  if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno;
}

bool Output::copy_to_stdout() const {
  char piece[64 * 1024];
  std::rewind(file_);
  for (size_t bytes = 0; (bytes = std::fread(piece, 1, sizeof piece, file_)) > 0;)
    if (std::fwrite(piece, 1, bytes, stdout) != bytes) return false;
  return std::ferror(file_) == 0 && std::fflush(stdout) == 0;
}

Expected<void> Output::finish() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  if (error_ == 0 && held_ && !copy_to_stdout()) error_ = errno;
  if (error_ != 0) return unexpected(system_error(name_, error_, "the output is not complete"));
  return {};
}

bool Output::is_terminal() const {
  const char *no_colour = std::getenv("NO_COLOR");  // https://no-color.org
  return isatty(fileno(held_ ? stdout : file_)) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

void complain(const Error &error) {
  const std::string line = error.line() + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

Error no_such_connection(uint64_t id, const std::string &file, uint64_t known) {
  const std::string have = known == 0   ? "it has no connections"
                           : known == 1 ? "it has id 1 only"
                                        : "it has ids 1 to " + std::to_string(known);
  return {"--conn " + std::to_string(id), "no such connection in " + file, have};
}

}  // namespace wsitrace
