// SPDX-License-Identifier: MIT
#include "agent/cli/top/watched_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "agent/collect/agent_info.h"
#include "agent/collect/collector.h"

namespace wsitrace {
namespace {

constexpr const char *kFileHint = "give a trace, the ring of a killed program, or a directory of them";

struct WatchedDirectoryCloser {
  void operator()(DIR *directory) const { ::closedir(directory); }
};

enum class FileKind { kTrace, kRing, kForeign };

FileKind kind_of(int fd) {
  char magic[sizeof kTraceMagic] = {};
  if (::pread(fd, magic, sizeof magic, 0) != static_cast<ssize_t>(sizeof magic)) return FileKind::kForeign;
  if (std::memcmp(magic, kTraceMagic, sizeof magic) == 0) return FileKind::kTrace;
  return std::memcmp(magic, kRingMagic, sizeof magic) == 0 ? FileKind::kRing : FileKind::kForeign;
}

bool is_candidate(std::string_view name) { return name.ends_with(".wsitrace") || name.ends_with(".ring"); }

struct Candidate {
  time_t changed;
  std::string path;
};

// The youngest first.
std::vector<Candidate> candidates_in(const std::string &path) {
  std::vector<Candidate> candidates;
  const std::unique_ptr<DIR, WatchedDirectoryCloser> directory(::opendir(path.c_str()));
  if (directory == nullptr) return candidates;
  while (const dirent *entry = ::readdir(directory.get())) {
    struct stat facts {};
    const std::string file = path + "/" + entry->d_name;
    if (is_candidate(entry->d_name) && ::stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode))
      candidates.push_back({facts.st_mtime, file});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate &a, const Candidate &b) {
    return a.changed != b.changed ? a.changed > b.changed : a.path < b.path;
  });
  return candidates;
}

}  // namespace

Expected<WatchedFiles> WatchedFiles::open(const std::string &path) {
  WatchedFiles files(path);
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return unexpected(system_error(path, errno, kFileHint));
  files.directory_ = S_ISDIR(facts.st_mode);
  if (!files.directory_ && !S_ISREG(facts.st_mode)) return unexpected(Error{path, "not a file", kFileHint});
  if (!files.directory_ && kind_of(fd.get()) == FileKind::kForeign)
    return unexpected(Error{path, "not a file of wsitrace", kFileHint});
  if (!files.directory_ && agent_of_ring(path)) {
    const size_t slash = path.rfind('/');
    files.path_ = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    files.directory_ = true;
  }
  if (!files.directory_) files.add(path);
  return files;
}

bool WatchedFiles::is_watched(dev_t device, ino_t inode) const {
  return std::any_of(files_.begin(), files_.end(),
                     [&](const auto &file) { return file->device == device && file->inode == inode; });
}

void WatchedFiles::add(const std::string &path) {
  auto file = std::make_unique<File>();
  file->path = path;
  file->fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!file->fd.valid() || ::fstat(file->fd.get(), &facts) != 0 || is_watched(facts.st_dev, facts.st_ino)) return;
  const FileKind kind = kind_of(file->fd.get());
  if (kind == FileKind::kForeign) return;  // or in the making: it is looked at again
  file->device = facts.st_dev;
  file->inode = facts.st_ino;
  if (kind == FileKind::kTrace) {
    file->logs.push_back(std::make_shared<WatchedLog>());
    file->reader = std::make_unique<TraceReader>(file->fd.get(), path, file->logs.front()->sink());
  }
  files_.push_back(std::move(file));
}

void WatchedFiles::find_files() {
  for (const Candidate &candidate : candidates_in(path_)) {
    if (files_.size() == kMaxFiles) {  // one that grows no more makes room
      const auto finished = std::find_if(files_.begin(), files_.end(), [](const auto &f) { return !f->growing; });
      struct stat facts {};
      if (finished == files_.end() || ::stat(candidate.path.c_str(), &facts) != 0 ||
          is_watched(facts.st_dev, facts.st_ino) || candidate.changed + 2 < ::time(nullptr))
        continue;
      files_.erase(finished);
    }
    add(candidate.path);
  }
}

void WatchedFiles::find_traces_of_agent() {
  of_agent_.reset();
  const auto agent = agent_of(path_);
  if (!agent) return;
  if (agent->traces.empty()) of_agent_ = keeps_no_traces(path_, *agent);
  for (const AgentTrace &trace : youngest_traces(agent->traces))
    if (is_of_living(trace)) add(trace.path);
}

void WatchedFiles::refresh() {
  if (directory_) find_traces_of_agent();
  if (directory_) find_files();
  for (const auto &file : files_) {
    if (!file->growing) continue;
    read(*file);
    for (const auto &log : file->logs) log->diagnose();
  }
}

void WatchedFiles::read(File &file) { file.reader ? read_trace(file) : read_ring(file); }

void WatchedFiles::read_trace(File &file) {
  const auto got = file.reader->read();
  file.cut_off = got.has_value() && file.reader->cut_off().has_value();
  file.growing = got.has_value() && !file.reader->ended() && !file.cut_off;
  if (!got) file.problems = {got.error()};
  if (file.cut_off) file.problems = {*file.reader->cut_off()};
}

void WatchedFiles::read_ring(File &file) {
  file.problems.clear();
  file.logs.clear();
  auto ring = RingFile::open(file.path);
  if (!ring) {
    file.growing = false;
    file.problems = {ring.error()};
    return;
  }
  if (const auto owner = ring->living_owner()) {
    file.problems = {{file.path, "its owner drains it", "look at the trace that " + *owner + " writes"}};
    return;
  }
  const auto got = read_ring_file(file.path, [&file](const ProcessFacts &) {
    const auto &log = file.logs.emplace_back(std::make_shared<WatchedLog>());
    return std::shared_ptr<LogSink>(log, &log->sink());
  });
  if (!got) file.problems = {got.error()};
}

std::vector<WatchedFiles::Process> WatchedFiles::processes() const {
  std::vector<Process> processes;
  for (const auto &file : files_)
    for (const auto &log : file->logs)
      if (!log->timeline().heard_nothing()) processes.push_back({log.get(), file->reader && file->growing});
  std::stable_sort(processes.begin(), processes.end(), [](const Process &a, const Process &b) {
    return a.log->timeline().process().started_mono_ns < b.log->timeline().process().started_mono_ns;
  });
  return processes;
}

std::vector<Error> WatchedFiles::problems() const {
  std::vector<Error> problems;
  if (of_agent_) problems.push_back(*of_agent_);
  for (const auto &file : files_)
    if (is_told(*file)) problems.insert(problems.end(), file->problems.begin(), file->problems.end());
  return problems;
}

bool WatchedFiles::all_readable() const {
  return !of_agent_ && std::all_of(files_.begin(), files_.end(), [this](const auto &file) {
    return !is_told(*file) || file->problems.empty() || file->cut_off;
  });
}

// In a directory, a ring that its owner drains is no problem.
bool WatchedFiles::is_told(const File &file) const {
  return !directory_ || file.reader != nullptr || !file.logs.empty() || !file.growing;
}

}  // namespace wsitrace
