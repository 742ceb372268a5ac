// SPDX-License-Identifier: MIT
#include "agent/cli/run/waiting.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace wsitrace {

MappedFiles mapped_files(std::istream &maps, const std::string &ring_path, const std::string &library) {
  const std::string library_name = "/" + library.substr(library.rfind('/') + 1);
  MappedFiles found;
  for (std::string line; std::getline(maps, line);) {
    const size_t path = line.find('/');
    if (path == std::string::npos) continue;
    found.ring |= line.compare(path, std::string::npos, ring_path) == 0;
    found.library |= line.ends_with(library_name);
    found.lws |= line.find("/libwebsockets.so", path) != std::string::npos;
  }
  return found;
}

namespace {

MappedFiles mapped_files_of(pid_t pid, const std::string &ring_path) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  return mapped_files(maps, ring_path);
}

}  // namespace

pid_t find_expected(const std::vector<pid_t> &pids, const std::string &ring_path, uint64_t since_ns) {
  const auto found = std::find_if(pids.begin(), pids.end(), [&](pid_t pid) {
    const MappedFiles mapped = mapped_files_of(pid, ring_path);
    return mapped.ring && (mapped.lws || since_ns < kSettleNs);
  });
  return found != pids.end() ? *found : 0;
}

std::optional<uid_t> find_foreign_user(pid_t pid, const std::string &ring_path) {
  struct stat facts {};
  if (::stat(("/proc/" + std::to_string(pid)).c_str(), &facts) != 0 || facts.st_uid == ::geteuid()) return std::nullopt;
  const MappedFiles mapped = mapped_files_of(pid, ring_path);
  return mapped.lws && !mapped.ring ? std::optional(facts.st_uid) : std::nullopt;
}

}  // namespace wsitrace
