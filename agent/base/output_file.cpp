// SPDX-License-Identifier: MIT
#include "agent/base/output_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace wsitrace {
namespace {

constexpr int kMaxLinks = 40;  // as many as the kernel follows
constexpr const char *kHint = "choose another file";

struct Target {
  std::string path;
  bool is_descriptor = false;  // a link of /proc to what a process has open: only the kernel can follow it
};

std::string beside(const std::string &path, const std::string &name) {
  const size_t slash = path.rfind('/');
  return name.front() == '/' || slash == std::string::npos ? name : path.substr(0, slash + 1) + name;
}

// Where PATH leads to. Links cannot be changed, only replaced: what is judged is what is read.
Expected<Target> follow(const std::string &path) {
  Target target{path};
  for (int links = 0; links < kMaxLinks; ++links) {
    const Fd link(::open(target.path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts {};
    if (!link.valid() || ::fstat(link.get(), &facts) != 0 || !S_ISLNK(facts.st_mode)) return target;
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0)
      return unexpected(Error{target.path, "a symbolic link of another user", kHint});
    struct statfs system {};
    if (::fstatfs(link.get(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC) {
      target.is_descriptor = true;
      return target;
    }
    char name[PATH_MAX];
    const ssize_t length = ::readlinkat(link.get(), "", name, sizeof name);
    if (length <= 0) return unexpected(system_error(target.path, errno, kHint));
    target.path = beside(target.path, std::string(name, static_cast<size_t>(length)));
  }
  return unexpected(system_error(path, ELOOP, kHint));
}

Expected<void> judge(const struct stat &facts, const std::string &path) {
  if (!S_ISREG(facts.st_mode)) return {};
  if (facts.st_uid != ::geteuid()) return unexpected(Error{path, "belongs to another user", kHint});
  if (facts.st_nlink > 1) return unexpected(Error{path, "has other names, too", kHint});
  return {};
}

}  // namespace

std::string directory_of(const std::string &path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

Expected<Fd> make_file(int directory, const std::string &name, unsigned mode) {
  Fd fd(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.valid()) return unexpected(system_error(name, errno, kHint));
  return fd;
}

Expected<Fd> open_output(const std::string &path, unsigned mode) {
  constexpr int kExisting = O_WRONLY | O_CLOEXEC | O_NOCTTY;
  const auto target = follow(path);
  if (!target) return unexpected(target.error());
  const char *name = target->path.c_str();
  Fd fd(::open(name, target->is_descriptor ? kExisting : kExisting | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  if (fd.valid()) return fd;
  if (errno == EEXIST) fd.reset(::open(name, kExisting | O_NOFOLLOW));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return unexpected(system_error(path, errno, kHint));
  return judge(facts, path).map([&] { return std::move(fd); });
}

Expected<void> check_output_file(const std::string &path) {
  const auto target = follow(path);
  if (!target) return unexpected(target.error());
  if (target->is_descriptor) return {};
  struct stat facts {};
  const bool exists = ::lstat(target->path.c_str(), &facts) == 0;
  if (exists && S_ISDIR(facts.st_mode)) return unexpected(system_error(path, EISDIR, kHint));
  if (exists)
    if (auto judged = judge(facts, path); !judged) return judged;
  const std::string written = exists ? target->path : beside(target->path, ".");
  if (::access(written.c_str(), exists ? W_OK : W_OK | X_OK) != 0) return unexpected(system_error(path, errno, kHint));
  return {};
}

}  // namespace wsitrace
