// SPDX-License-Identifier: MIT
#include "agent/cli/agent/ring_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/cli/agent/file_users.h"
#include "agent/collect/collector.h"
#include "agent/collect/liveness.h"
#include "agent/text/printable.h"

namespace wsitrace {
namespace {

constexpr std::string_view kRingSuffix = ".ring";
constexpr size_t kMaxFiles = 4096;     // of a look
constexpr size_t kMaxRingFiles = 256;  // of a look; one that nobody can read must not cost more each time

// The lock of an owner in another pid namespace; the pid and the mapping of one that holds none.
bool owner_lives(const RingFile &file) {
  if (file.is_locked_by_another()) return true;
  const uint32_t owner = file.header().owner_pid;
  return life_of(owner) == Liveness::kRuns && is_mapped_by(owner, FileIdentity::of(file.path())) != Mapped::kNo;
}

std::string named(const ProcessFacts &process) {
  return printable(process.program) + " (pid " + std::to_string(process.pid) + ")";
}

// The first that lives, records into FILE and is another user's, or nothing.
std::optional<Error> stranger_in(const RingFile &file) {
  for (const ProcessFacts &process : processes_in(file)) {
    const bool lives = life_of(process.pid, process.started_mono_ns) == Liveness::kRuns;
    const auto user = lives ? user_of(process.pid) : std::nullopt;
    if (!user || *user == ::geteuid()) continue;
    return Error{file.path(), named(process) + " of user " + std::to_string(*user) + " records into it: left alone",
                 "--all-users takes it over"};
  }
  return std::nullopt;
}

bool is_ours(const RingFile &file) { return file.header().owner_pid == static_cast<uint32_t>(::getpid()); }

// A command that asks whether there is an agent holds the lock for a moment.
bool lock_directory(int fd) {
  constexpr int kTries = 5;
  for (int i = 1; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK || i == kTries) return false;
    ::usleep(1000);
  }
  return true;
}

std::string absolute_path(const std::string &path) {
  char *resolved = ::realpath(path.c_str(), nullptr);
  std::string result = resolved != nullptr ? resolved : path;
  std::free(resolved);
  return result;
}

}  // namespace

Expected<RingDirectory> RingDirectory::open(const std::string &path, ReportError report_error, Users users) {
  Fd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.valid()) return unexpected(system_error(path, errno, "name a directory with --dir"));
  if (!lock_directory(lock.get())) {
    if (errno != EWOULDBLOCK) return unexpected(system_error(path, errno));
    return unexpected(Error{path, "another agent looks after it", "one agent for each directory"});
  }
  return RingDirectory(absolute_path(path), std::move(lock), std::move(report_error), users);
}

// A look costs as much in a directory that somebody has filled as in one of kMaxFiles.
std::vector<std::string> RingDirectory::ring_names() {
  std::vector<std::string> names;
  if (files_ == nullptr) files_.reset(::opendir(path_.c_str()));
  if (files_ == nullptr) return names;
  if (!has_more_) ::rewinddir(files_.get());
  has_more_ = false;
  for (size_t seen = 0; const dirent *entry = ::readdir(files_.get()); ++seen) {
    if (std::string_view(entry->d_name).ends_with(kRingSuffix)) names.emplace_back(entry->d_name);
    has_more_ = seen + 1 >= kMaxFiles || names.size() >= kMaxRingFiles;
    if (has_more_) break;
  }
  if (has_more_ && !std::exchange(told_of_many_, true))
    report_error_({path_, "holds many files, which are looked at in turns", "keep nothing but rings there"});
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<RingDirectory::LeftBehind> RingDirectory::take_left_behind() {
  std::vector<LeftBehind> taken;
  std::map<ino_t, Fate> seen;
  with_living_owner_ = refused_ = 0;
  for (const std::string &name : ring_names()) {
    if (given_.count(name) != 0) continue;
    const std::string path = path_ + "/" + name;
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) continue;
    auto file = RingFile::open_left_behind(path, users_ == Users::kAll);
    if (file && is_ours(*file)) continue;
    if (file && owner_lives(*file)) {
      ++with_living_owner_;
      continue;
    }
    const uint32_t owner = file ? file->header().owner_pid : 0;
    const Expected<void> owned = file ? take(*file) : Expected<void>(unexpected(file.error()));
    if (owned) taken.push_back({std::move(*file), owner});
    else refuse(facts.st_ino, owned.error(), seen);
  }
  fates_ = std::move(seen);
  return taken;
}

Expected<void> RingDirectory::take(RingFile &file) const {
  const auto stranger = users_ == Users::kOwn ? stranger_in(file) : std::nullopt;
  return stranger ? Expected<void>(unexpected(*stranger)) : file.own();
}

void RingDirectory::refuse(ino_t inode, const Error &error, std::map<ino_t, Fate> &seen) {
  const auto before = fates_.find(inode);
  const bool known = before != fates_.end();
  if (known && before->second == Fate::kSuspect) report_error_(error);
  seen[inode] = known ? Fate::kTold : Fate::kSuspect;
  if (known) ++refused_;
}

std::optional<Error> RingDirectory::closed_to_users() const {
  struct stat facts {};
  if (::fstat(lock_.get(), &facts) != 0) return system_error(path_, errno);
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return Error{path_, "others may write to it", "chmod 711: a directory with rings of users is its owner's alone"};
  if ((facts.st_mode & S_IXOTH) == 0) return Error{path_, "users cannot reach rings in it", "chmod 711"};
  return std::nullopt;
}

Expected<RingFile> RingDirectory::make_or_take(const std::string &name, const RingFileOptions &options) {
  const std::string path = path_ + "/" + name + std::string(kRingSuffix);
  const auto user = options.user ? std::optional(options.user->uid) : std::nullopt;
  if (user) given_.insert(name + std::string(kRingSuffix));
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return RingFile::create(path, options);
  auto file = RingFile::open_left_behind(path, false, user);
  if (user && file && !owner_lives(*file) && facts.st_uid == *user && file->own()) return file;
  if (user) {
    report_error_({path, "cannot be taken over, and is replaced: " + (file ? "somebody holds it" : file.error().why),
                   "programs of " + options.user->name + " that run are recorded again when they are started again"});
    return ::unlink(path.c_str()) == 0 ? RingFile::create(path, options)
                                       : Expected<RingFile>(unexpected(system_error(path, errno)));
  }
  if (file && owner_lives(*file)) return unexpected(Error{path, "another process owns it", "choose another --ring"});
  const Expected<void> owned = file ? file->own() : Expected<void>(unexpected(file.error()));
  if (owned) return file;
  Error error = owned.error();
  error.hint = "remove it, or choose another --ring";
  return unexpected(error);
}

std::string recording_into(const RingFile &file) {
  std::string names;
  for (const ProcessFacts &process : processes_in(file))
    if (life_of(process.pid, process.started_mono_ns) == Liveness::kRuns)
      names += (names.empty() ? "" : ", ") + named(process);
  return names.empty() ? "nobody" : names;
}

}  // namespace wsitrace
