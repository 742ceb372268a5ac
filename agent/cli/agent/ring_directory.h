// SPDX-License-Identifier: MIT
//
// The directory of an agent: the ring files in it, and the lock that keeps a second agent out.
//
// A ring file is a regular file named *.ring, of this user, that nobody else may write to. Then its owner decides, and who records:
//
//    owner lives: holds the lock,     it is his: left alone (he drains it himself)
//        or has it mapped
//    owner is gone                    left behind: handed to the caller, who is its owner from then on
//    ... but a program of another     refused, unless those of all users are wanted
//        user records into it
//    anything else                    refused, and told once
//
// Trust:   names and files are untrusted; a file is looked at twice before it is refused, because it may be in the making.
// Errors:  a directory that is not there, is none, or has an agent already.
// Threads: one.
#ifndef WSITRACE_CLI_AGENT_RING_DIRECTORY_H
#define WSITRACE_CLI_AGENT_RING_DIRECTORY_H

#include <dirent.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "agent/base/fd.h"
#include "agent/collect/ring_file.h"

namespace wsitrace {

class RingDirectory {
 public:
  using ReportError = std::function<void(const Error &)>;

  enum class Users { kOwn, kAll };
  struct LeftBehind {
    RingFile file;
    uint32_t owner_pid;  // who is gone
  };

  static Expected<RingDirectory> open(const std::string &path, ReportError report_error, Users users = Users::kOwn);

  // Rings whose owner is gone; this process is their owner now. Tells of refused files that it has not told of yet.
  std::vector<LeftBehind> take_left_behind();
  // The ring file NAME.ring: made, or taken over from an agent that was here before. One that was given to a user (OPTIONS.user) and cannot be
  // taken over any more, as that user may do what he likes with it, is replaced.
  Expected<RingFile> make_or_take(const std::string &name, const RingFileOptions &options);
  // Why rings in it cannot be given to other users, or nothing: these must reach them, and nobody else may make or remove files here.
  [[nodiscard]] std::optional<Error> closed_to_users() const;

  [[nodiscard]] const std::string &path() const { return path_; }
  // The last look did not come to the end of the directory: the next one continues there.
  [[nodiscard]] bool has_more() const { return has_more_; }
  // As of the last look.
  [[nodiscard]] size_t with_living_owner() const { return with_living_owner_; }
  [[nodiscard]] size_t refused() const { return refused_; }

 private:
  enum class Fate { kSuspect, kTold };
  RingDirectory(std::string path, Fd lock, ReportError report_error, Users users)
      : path_(std::move(path)), lock_(std::move(lock)), report_error_(std::move(report_error)), users_(users) {}
  [[nodiscard]] Expected<void> take(RingFile &file) const;
  std::vector<std::string> ring_names();
  void refuse(ino_t inode, const Error &error, std::map<ino_t, Fate> &seen);

  struct Closer {
    void operator()(DIR *directory) const { ::closedir(directory); }
  };

  std::string path_;
  Fd lock_;
  ReportError report_error_;
  Users users_;
  std::set<std::string> given_;  // names of rings of users, which are not left behind
  std::map<ino_t, Fate> fates_;  // of files that are no rings of ours to take
  std::unique_ptr<DIR, Closer> files_;
  bool has_more_ = false;
  bool told_of_many_ = false;
  size_t with_living_owner_ = 0;
  size_t refused_ = 0;
};

// Who records into FILE and lives: "janus (pid 4711), sh (pid 4713)", or "nobody".
std::string recording_into(const RingFile &file);

}  // namespace wsitrace

#endif
