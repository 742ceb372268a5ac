// SPDX-License-Identifier: MIT
#include "agent/cli/run/reaper.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/fd.h"

namespace wsitrace {
namespace {

// The parent of a process that runs; -1 for one that has ended.
pid_t parent_of(pid_t pid) {
  const Fd fd(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t length = fd.valid() ? ::read(fd.get(), text, sizeof text - 1) : -1;
  if (length <= 0) return -1;
  const std::string stat(text, static_cast<size_t>(length));
  const size_t after_name = stat.rfind(')');  // the name may hold anything
  char state = 0;
  int parent = -1;
  if (after_name == std::string::npos || std::sscanf(stat.c_str() + after_name, ") %c %d", &state, &parent) != 2)
    return -1;
  return state == 'Z' || state == 'X' ? -1 : parent;
}

}  // namespace

Reaper::Reaper(pid_t program) : program_(program) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  own_ = orphans();
}

void Reaper::reap() {
  int wait_status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &wait_status, WNOHANG)) > 0;)
    if (pid != program_ || ended_.count(pid) == 0) ended_[pid] = {wait_status, monotonic_ns()};
}

std::optional<End> Reaper::end_of(uint32_t pid, uint64_t attached_ns) {
  reap();
  const auto found = ended_.find(static_cast<pid_t>(pid));
  if (found == ended_.end() || attached_ns > found->second.reaped_ns) return std::nullopt;
  End end = end_from_wait_status(found->second.wait_status);
  if (found->first != program_) ended_.erase(found);
  return end;
}

std::optional<int> Reaper::program_status() const {
  const auto found = ended_.find(program_);
  if (found == ended_.end()) return std::nullopt;
  const int status = found->second.wait_status;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<pid_t> Reaper::orphans() const {
  std::vector<pid_t> found;
  const std::unique_ptr<DIR, int (*)(DIR *)> processes(::opendir("/proc"), ::closedir);
  if (processes == nullptr) return found;
  const pid_t self = ::getpid();
  while (const dirent *entry = ::readdir(processes.get())) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0 || pid == program_ || std::find(own_.begin(), own_.end(), pid) != own_.end()) continue;
    if (parent_of(pid) == self) found.push_back(pid);
  }
  return found;
}

End end_from_wait_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {"signal", WTERMSIG(wait_status), monotonic_ns()};
  return {"exit", WEXITSTATUS(wait_status), std::nullopt};
}

}  // namespace wsitrace
