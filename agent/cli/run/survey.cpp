// SPDX-License-Identifier: MIT
#include "agent/cli/run/survey.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "agent/cli/run/elf_check.h"
#include "agent/cli/run/preload.h"
#include "agent/cli/run/silence.h"
#include "agent/cli/run/waiting.h"

namespace wsitrace {
namespace {

constexpr uint64_t kRarelyNs = 1'000'000'000;

std::string proc(pid_t pid, const char *name) { return "/proc/" + std::to_string(pid) + "/" + name; }

std::string target_of(const std::string &link) {
  char path[PATH_MAX];
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

std::string content_of(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void append_children(pid_t pid, std::vector<pid_t> &to) {
  const std::string tasks = proc(pid, "task");
  const std::unique_ptr<DIR, int (*)(DIR *)> threads(::opendir(tasks.c_str()), ::closedir);
  if (threads == nullptr) return;
  while (const dirent *thread = ::readdir(threads.get())) {
    if (thread->d_name[0] == '.') continue;
    std::ifstream children(tasks + "/" + thread->d_name + "/children");
    for (pid_t child = 0; children >> child;) to.push_back(child);
  }
}

// Everything below this process.
std::vector<pid_t> descendants() {
  std::vector<pid_t> all;
  append_children(::getpid(), all);
  for (size_t i = 0; i < all.size(); ++i) append_children(all[i], all);
  return all;
}

std::string resolved(const std::string &path) {
  char real[PATH_MAX];
  return ::realpath(path.c_str(), real) != nullptr ? real : path;
}

// It is known that PID was not started with VALUE in VARIABLE. What others may read nobody knows.
bool lacks_in_environment(pid_t pid, const std::string &variable, const std::string &value) {
  std::ifstream environment(proc(pid, "environ"), std::ios::binary);
  if (!environment) return false;
  for (std::string entry; std::getline(environment, entry, '\0');)
    if (entry.starts_with(variable + "=") && entry.find(value) != std::string::npos) return false;
  return true;
}

Error why_without_library(pid_t pid, const std::string &library, const std::string &ring) {
  const std::string root = target_of(proc(pid, "root"));
  if (!root.empty() && root != target_of("/proc/self/root"))
    return {{},
            "it runs in the root directory " + root + ", where the loader does not find " + library,
            "make that file and " + ring.substr(0, ring.rfind('/')) +
                " appear there at the same paths (mount --bind), or "
                "run wsitrace inside"};
  if (lacks_in_environment(pid, "LD_PRELOAD", library))
    return {{},
            "it was started with an environment of its own, without LD_PRELOAD",
            "pass LD_PRELOAD and WSITRACE_RING on to it"};
  return {{},
          "it runs with more rights than its caller, and the loader then refuses LD_PRELOAD",
          "run wsitrace as the user that it becomes"};
}

Error why_without_ring(pid_t pid, const std::string &ring) {
  struct stat facts {};
  if (::stat(("/proc/" + std::to_string(pid)).c_str(), &facts) == 0 && facts.st_uid != ::geteuid())
    return {{},
            "it runs as user " + std::to_string(facts.st_uid) + ", who may not open the rings",
            "run wsitrace as that user"};
  if (lacks_in_environment(pid, "WSITRACE_RING", ring))
    return {{}, "it was started with an environment of its own, without WSITRACE_RING", "pass WSITRACE_RING on to it"};
  return {{}, "it cannot open " + ring, "the file must be there, at this path, in the process's root directory"};
}

}  // namespace

Survey::Survey(std::string library, std::string ring)
    : library_(std::move(library)),
      file_(resolved(library_)),
      ring_(std::move(ring)),
      own_executable_(own_executable()) {}

std::vector<Unobserved> Survey::look(uint64_t now_ns) {
  std::vector<Unobserved> news;
  if (started_ns_ == 0) started_ns_ = now_ns;
  if (now_ns < next_ns_) return news;
  next_ns_ = now_ns + std::clamp((now_ns - started_ns_) / 16, kLookNs, kRarelyNs);
  for (const pid_t pid : descendants()) {
    const size_t known = found_.size();
    look_at(pid, now_ns);
    if (found_.size() > known) news.push_back(found_.at(pid));
  }
  return news;
}

void Survey::look_at(pid_t pid, uint64_t now_ns) {
  const std::string executable = target_of(proc(pid, "exe"));
  if (executable.empty() || executable == own_executable_ || found_.count(pid) != 0) return;
  std::ifstream maps(proc(pid, "maps"));
  const MappedFiles mapped = mapped_files(maps, ring_, file_);
  Seen &seen = seen_[pid];
  const auto is_unobserved = [&](const Error &why) {
    std::string program = content_of(proc(pid, "comm"));
    program.erase(std::min(program.find('\n'), program.size()));
    found_.insert({pid, {static_cast<uint32_t>(pid), program, why.why, why.hint, false}});
  };
  if (mapped.lws && !mapped.library) return is_unobserved(why_without_library(pid, library_, ring_));
  if (!mapped.lws && seen.static_lws_of != executable) {
    seen.static_lws_of = executable;
    seen.has_static_lws = defines_lws(proc(pid, "exe"));
  }
  if (!mapped.lws && seen.has_static_lws) return is_unobserved({{}, kStaticLws, kLinkIt});
  if (!mapped.lws || mapped.ring) {
    seen.doubtful_since_ns = 0;
  } else if (seen.doubtful_since_ns == 0) {
    seen.doubtful_since_ns = now_ns;  // the library may be about to open it
  } else if (now_ns - seen.doubtful_since_ns >= kSettleNs) {
    is_unobserved(why_without_ring(pid, ring_));
  }
}

std::vector<Unobserved> Survey::found() const {
  std::vector<Unobserved> all;
  for (const auto &[pid, process] : found_) all.push_back(process);
  return all;
}

}  // namespace wsitrace
