// SPDX-License-Identifier: MIT
#include "agent/cli/run/child.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace wsitrace {
namespace {

std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  for (const std::string &text : texts) pointers.push_back(const_cast<char *>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

ssize_t read_all(int fd, void *to, size_t bytes) {
  ssize_t got = -1;
  do got = ::read(fd, to, bytes);
  while (got < 0 && errno == EINTR);
  return got;
}

bool make_pipe(Fd &reading, Fd &writing) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  reading.reset(ends[0]);
  writing.reset(ends[1]);
  return true;
}

}  // namespace

Expected<Child> Child::fork(const std::vector<std::string> &arguments, const std::vector<std::string> &environment,
                            const Signals &signals) {
  const std::vector<char *> argv = pointers_to(arguments), envp = pointers_to(environment);
  Child child;
  Fd wait_for_go, report;
  if (!make_pipe(wait_for_go, child.go_) || !make_pipe(child.result_, report))
    return unexpected(system_error(arguments.front(), errno));
  child.pid_ = ::fork();
  if (child.pid_ < 0) return unexpected(system_error(arguments.front(), errno));
  if (child.pid_ > 0) return child;

  child.go_.reset();
  signals.restore_in_child();
  char go = 0;
  if (read_all(wait_for_go.get(), &go, 1) != 1) ::_exit(0);
  ::execvpe(argv[0], argv.data(), envp.data());
  const int error_number = errno;
  const ssize_t told = ::write(report.get(), &error_number, sizeof error_number);
  ::_exit(told > 0 ? status_of_failed_exec(error_number) : 127);
}

int Child::start() {
  int error_number = 0;
  if (::write(go_.get(), "", 1) != 1) return errno;
  go_.reset();
  const ssize_t got = read_all(result_.get(), &error_number, sizeof error_number);
  result_.reset();
  return got == static_cast<ssize_t>(sizeof error_number) ? error_number : 0;
}

int status_of_failed_exec(int error_number) { return error_number == ENOENT || error_number == ENOTDIR ? 127 : 126; }

Error error_of_failed_exec(const std::string &program, int error_number) {
  if (status_of_failed_exec(error_number) == 127)
    return {program, "not found", program.find('/') == std::string::npos ? "give its path, or put it into PATH" : ""};
  return system_error(program, error_number, "it must be a program that you may execute");
}

}  // namespace wsitrace
