// SPDX-License-Identifier: MIT
#include "agent/cli/agent/trace_shelf.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/fd.h"
#include "agent/cli/run/trace_names.h"
#include "agent/collect/agent_info.h"

namespace wsitrace {
namespace {

constexpr std::string_view kTracePrefix = "agent-";
constexpr std::string_view kTraceSuffix = ".wsitrace";

struct TraceDirectoryCloser {
  void operator()(DIR *directory) const { ::closedir(directory); }
};

struct ClosedTrace {
  timespec changed{};
  std::string name;
  bool operator<(const ClosedTrace &other) const {
    return std::tie(changed.tv_sec, changed.tv_nsec, name) <
           std::tie(other.changed.tv_sec, other.changed.tv_nsec, other.name);
  }
};

bool is_closed(int directory, const char *name, ClosedTrace &trace) {
  const Fd fd(::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return false;
  if (!S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid()) return false;
  trace = {facts.st_mtim, name};
  return ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0;
}

// Whose ring it comes from; empty: the agent's own (ring_keeper.h).
std::string user_in(const std::string &name) {
  const auto trace = trace_named(name);
  const size_t at = trace ? trace->program.rfind('@') : std::string::npos;
  return at == std::string::npos ? "" : trace->program.substr(at + 1);
}

// The oldest first.
std::vector<ClosedTrace> closed_traces(int opened) {
  std::vector<ClosedTrace> traces;
  const int again = ::openat(opened, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, TraceDirectoryCloser> directory(again >= 0 ? ::fdopendir(again) : nullptr);
  if (directory == nullptr) return traces;
  while (const dirent *entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    ClosedTrace trace;
    if (name.starts_with(kTracePrefix) && name.ends_with(kTraceSuffix) && is_closed(opened, entry->d_name, trace))
      traces.push_back(std::move(trace));
  }
  std::sort(traces.begin(), traces.end());
  return traces;
}

}  // namespace

std::string trace_stem(std::string_view program_untrusted, uint32_t pid, uint64_t begun_real_ns) {
  const auto seconds = static_cast<std::time_t>(begun_real_ns / 1'000'000'000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char stamp[32];
  const size_t bytes = std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &utc);
  return fmt::format("{}{}.{}-{}.{:03}Z", kTracePrefix, as_file_name(program_untrusted), pid,
                     std::string_view(stamp, bytes), begun_real_ns / 1'000'000 % 1000);
}

Expected<TraceShelf> TraceShelf::open(const std::string &directory, const TraceLimits &limits,
                                      ReportError report_error) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::access(directory.c_str(), W_OK | X_OK) != 0)
    return unexpected(system_error(directory, errno, "name a directory that you may write to with --traces"));
  return TraceShelf(directory, std::move(fd), limits, std::move(report_error));
}

int TraceShelf::opened() {
  struct stat before {};
  struct stat facts {};
  if (::fstat(opened_.get(), &before) != 0 || before.st_nlink > 0) return opened_.get();
  Fd again(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (again.valid() && ::fstat(again.get(), &facts) == 0 && facts.st_uid == before.st_uid) opened_ = std::move(again);
  return opened_.get();
}

Expected<TraceShelf::Opened> TraceShelf::begin(std::string_view program_untrusted, uint32_t pid, uint64_t session) {
  const std::string stem = directory_ + "/" + trace_stem(program_untrusted, pid, realtime_ns());
  std::string path = stem + std::string(kTraceSuffix);
  for (uint32_t number = 2; TraceNames::file_exists(path); ++number)
    path = stem + "-" + std::to_string(number) + std::string(kTraceSuffix);
  auto writer = TraceWriter::create_new(opened(), path, session);
  if (!writer) return unexpected(writer.error());
  return Opened{std::move(path), std::move(*writer)};
}

void TraceShelf::tidy() {
  const auto traces = closed_traces(opened());
  std::map<std::string, size_t> kept;  // by user: none can make the traces of another go
  for (auto trace = traces.rbegin(); trace != traces.rend(); ++trace)
    if (++kept[user_in(trace->name)] > limits_.max_files)
      removed_ += ::unlinkat(opened_.get(), trace->name.c_str(), 0) == 0 ? 1 : 0;
}

}  // namespace wsitrace
