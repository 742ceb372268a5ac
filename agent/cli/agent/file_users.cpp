// SPDX-License-Identifier: MIT
#include "agent/cli/agent/file_users.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace wsitrace {
namespace {

struct DirectoryCloser {
  void operator()(DIR *directory) const { ::closedir(directory); }
};

bool is_line_of(const std::string &line, const FileIdentity &file) {
  unsigned major_number = 0, minor_number = 0;
  uint64_t inode = 0;
  int path_at = 0;
  if (std::sscanf(line.c_str(), "%*s %*s %*s %x:%x %" SCNu64 " %n", &major_number, &minor_number, &inode, &path_at) !=
      3)
    return false;
  if (inode == 0) return false;
  if (inode == file.inode && makedev(major_number, minor_number) == file.device) return true;
  return path_at > 0 && line.compare(static_cast<size_t>(path_at), std::string::npos, file.path) == 0;
}

}  // namespace

FileIdentity FileIdentity::of(const std::string &path) {
  FileIdentity file;
  char *absolute = ::realpath(path.c_str(), nullptr);
  file.path = absolute != nullptr ? absolute : path;
  std::free(absolute);
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0) {
    file.device = facts.st_dev;
    file.inode = facts.st_ino;
  }
  return file;
}

bool names_file(std::istream &maps, const FileIdentity &file) {
  for (std::string line; std::getline(maps, line);)
    if (is_line_of(line, file)) return true;
  return false;
}

Mapped is_mapped_by(uint32_t pid, const FileIdentity &file) {
  const std::string path = "/proc/" + std::to_string(pid) + "/maps";
  errno = 0;
  std::ifstream maps(path);
  if (!maps) return errno == ENOENT ? Mapped::kNo : Mapped::kUnknown;
  return names_file(maps, file) ? Mapped::kYes : Mapped::kNo;
}

bool is_mapped_elsewhere(const FileIdentity &file) {
  const std::unique_ptr<DIR, DirectoryCloser> processes(::opendir("/proc"));
  if (processes == nullptr) return true;
  const auto own = static_cast<uint32_t>(::getpid());
  while (const dirent *entry = ::readdir(processes.get())) {
    const auto pid = static_cast<uint32_t>(std::strtoul(entry->d_name, nullptr, 10));
    if (pid != 0 && pid != own && is_mapped_by(pid, file) == Mapped::kYes) return true;
  }
  return false;
}

}  // namespace wsitrace
