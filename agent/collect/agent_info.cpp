// SPDX-License-Identifier: MIT
#include "agent/collect/agent_info.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string_view>
#include <tuple>

#include "agent/base/clock.h"
#include "agent/base/output_file.h"
#include "agent/collect/liveness.h"
#include "agent/collect/ring_file.h"

namespace wsitrace {
namespace {

constexpr const char *kName = "/agent.info";
constexpr std::string_view kPrefix = "agent-", kSuffix = ".wsitrace";
constexpr std::string_view kStamp = "########T######.###Z";  // of trace_stem(); # is a digit

struct InfoDirectoryCloser {
  void operator()(DIR *directory) const { ::closedir(directory); }
};

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_stamp(std::string_view text) {
  return text.size() == kStamp.size() && std::equal(text.begin(), text.end(), kStamp.begin(), [](char c, char form) {
           return form == '#' ? c >= '0' && c <= '9' : c == form;
         });
}

template <typename Number = uint32_t>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string agent_named(const AgentInfo &info) {
  return "the agent that collects here (pid " + std::to_string(info.pid) + (info.url.empty() ? "" : ", " + info.url) +
         ")";
}

Expected<std::string> trace_of(const std::string &path, const AgentInfo &info, uint32_t pid) {
  if (info.traces.empty()) return unexpected(keeps_no_traces(path, info));
  std::vector<AgentTrace> traces = youngest_traces(info.traces);
  std::erase_if(traces, [&](const AgentTrace &trace) { return pid != 0 ? trace.pid != pid : !is_of_living(trace); });
  if (traces.size() == 1) return traces.front().path;
  if (traces.empty() && pid != 0)
    return unexpected(Error{path, agent_named(info) + " has no trace of process " + std::to_string(pid), {}});
  if (traces.empty())
    return unexpected(Error{path, agent_named(info) + " has no trace of a process that lives", "see " + info.traces});
  std::string choices;
  for (const AgentTrace &trace : traces)
    choices += (choices.empty() ? "" : ", ") + std::to_string(trace.pid) + " (" + trace.program + ")";
  return unexpected(Error{path, agent_named(info) + " has traces of several processes", "--pid: one of " + choices});
}

}  // namespace

std::optional<AgentTrace> trace_named(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  for (size_t dash = name.rfind('-'); dash != std::string_view::npos && dash > 0; dash = name.rfind('-', dash - 1)) {
    if (!is_stamp(name.substr(dash + 1, kStamp.size()))) continue;
    const size_t dot = name.rfind('.', dash);
    const auto pid = dot == std::string_view::npos ? std::nullopt : number(name.substr(dot + 1, dash - dot - 1));
    if (!pid) return std::nullopt;
    return AgentTrace{{}, std::string(name.substr(0, dot)), *pid, 0};
  }
  return std::nullopt;
}

Expected<void> write_agent_info(const std::string &directory, const AgentInfo &info) {
  const std::string path = directory + kName, made = path + ".new";
  const uint64_t since_ns = info.since_ns != 0 ? info.since_ns : monotonic_ns();
  std::string text = "pid " + std::to_string(info.pid) + "\nsince " + std::to_string(since_ns) + "\n";
  if (!info.url.empty()) text += "url " + info.url + "\n";
  if (!info.traces.empty()) text += "traces " + info.traces + "\n";
  ::unlink(made.c_str());
  const Fd fd(::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd.valid() || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(made.c_str(), path.c_str()) != 0)
    return unexpected(system_error(path, errno));
  return {};
}

void remove_agent_info(const std::string &directory) { ::unlink((directory + kName).c_str()); }

std::optional<AgentInfo> agent_of(const std::string &directory) {
  std::ifstream file(directory + kName);
  AgentInfo info;
  for (std::string line; std::getline(file, line);) {
    const size_t blank = std::min(line.find(' '), line.size());
    const std::string key = line.substr(0, blank);
    const std::string value = blank == line.size() ? "" : line.substr(blank + 1);
    if (!is_printable(value)) return std::nullopt;
    if (key == "pid") info.pid = number(value).value_or(0);
    else if (key == "since") info.since_ns = number<uint64_t>(value).value_or(0);
    else if (key == "url") info.url = value;
    else if (key == "traces" && value.starts_with('/')) info.traces = value;
  }
  if (info.pid == 0) return std::nullopt;
  // An agent holds a lock on its directory. In another pid namespace its pid says nothing.
  const bool lives =
      life_of(info.pid, info.since_ns) == Liveness::kRuns || lock_state_of(directory) == LockState::kHeld;
  return lives ? std::optional(info) : std::nullopt;
}

std::optional<AgentInfo> agent_of_ring(const std::string &path) {
  auto info = agent_of(directory_of(path));
  if (!info) return std::nullopt;
  const auto ring = RingFile::open(path);
  return ring && ring->header().owner_pid == info->pid && ring->living_owner() ? info : std::nullopt;
}

std::vector<AgentTrace> youngest_traces(const std::string &directory) {
  using Age = std::tuple<time_t, long, std::string>;
  std::map<uint32_t, std::pair<Age, AgentTrace>> youngest;
  const std::unique_ptr<DIR, InfoDirectoryCloser> open(::opendir(directory.c_str()));
  while (const dirent *entry = open != nullptr ? ::readdir(open.get()) : nullptr) {
    auto trace = trace_named(entry->d_name);
    struct stat facts {};
    if (!trace) continue;
    trace->path = directory + "/" + entry->d_name;
    if (::lstat(trace->path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    trace->written_ns =
        static_cast<uint64_t>(facts.st_mtim.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(facts.st_mtim.tv_nsec);
    const Age age{facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, trace->path};
    auto &place = youngest[trace->pid];
    if (place.second.path.empty() || place.first < age) place = {age, std::move(*trace)};
  }
  std::vector<AgentTrace> traces;
  for (auto &[pid, found] : youngest) traces.push_back(std::move(found.second));
  return traces;
}

// A process that began after the trace was last written to merely has the same pid.
bool is_of_living(const AgentTrace &trace) {
  return lock_state_of(trace.path) == LockState::kHeld ||
         life_of(trace.pid, as_monotonic_ns(trace.written_ns)) == Liveness::kRuns;
}

Error keeps_no_traces(const std::string &path, const AgentInfo &info) {
  const std::string ask = info.url.empty() ? "" : "ask it: curl " + info.url + "api/report; or ";
  return {path, agent_named(info) + " keeps no traces", ask + "start it with --traces DIR"};
}

Expected<std::string> log_to_read(const std::string &path, uint32_t pid) {
  struct stat facts {};
  const bool is_directory = ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
  const auto info = is_directory ? agent_of(path) : agent_of_ring(path);
  if (info) return trace_of(path, *info, pid);
  if (!is_directory) return path;
  return unexpected(
      Error{path, "not a regular file, and no agent collects in it", "give a trace, or the ring of a killed program"});
}

}  // namespace wsitrace
