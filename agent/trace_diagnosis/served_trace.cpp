// SPDX-License-Identifier: MIT
#include "agent/trace_diagnosis/served_trace.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/base/fd.h"

namespace wsitrace {
namespace {

constexpr size_t kNamed = 10;

std::string pids_of(const std::vector<FreshTrace> &traces) {
  std::string pids;
  for (size_t i = 0; i < traces.size() && i < kNamed; ++i) pids += (i == 0 ? "" : ", ") + std::to_string(traces[i].pid);
  return traces.size() > kNamed ? pids + " and more" : pids;
}

struct OpenTrace {
  Fd fd;
  size_t bytes;
};
Expected<OpenTrace> open_trace(const std::string &path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return unexpected(system_error("trace", errno));
  if (!S_ISREG(facts.st_mode) || facts.st_size <= 0) return unexpected(Error{"trace", "it is not there any more", {}});
  return OpenTrace{std::move(fd), static_cast<size_t>(facts.st_size)};
}

}  // namespace

Expected<std::string> choose_trace(const std::vector<FreshTrace> &traces, uint32_t pid) {
  if (traces.empty()) return unexpected(Error{"trace", "nothing was recorded yet", {}});
  const bool is_only = std::all_of(traces.begin(), traces.end(),
                                   [&](const FreshTrace &trace) { return trace.pid == traces.front().pid; });
  if (pid == 0 && !is_only)
    return unexpected(
        Error{"trace", "there are several processes: name one by its pid", "add /PID to the URL: " + pids_of(traces)});
  const auto found = std::find_if(traces.begin(), traces.end(),
                                  [pid](const FreshTrace &trace) { return pid == 0 || trace.pid == pid; });
  if (found != traces.end()) return found->path;
  return unexpected(
      Error{"trace", "process " + std::to_string(pid) + " is not recorded here", "there are " + pids_of(traces)});
}

Expected<Mapping> map_trace(const std::string &path) {
  const auto trace = open_trace(path);
  if (!trace) return unexpected(trace.error());
  void *data = ::mmap(nullptr, trace->bytes, PROT_READ, MAP_SHARED, trace->fd.get(), 0);
  if (data == MAP_FAILED) return unexpected(system_error("trace", errno));
  return Mapping(data, trace->bytes);
}

Expected<std::string> copy_trace(const std::string &path, uint64_t most_bytes) {
  const auto trace = open_trace(path);
  if (!trace) return unexpected(trace.error());
  if (trace->bytes > most_bytes)
    return unexpected(Error{"trace", "it has grown to " + std::to_string(trace->bytes >> 20) + " MB",
                            "copy the file, or read it where it is"});
  std::string copy(trace->bytes, '\0');
  size_t filled = 0;
  while (filled < copy.size()) {
    const ssize_t got =
        ::pread(trace->fd.get(), copy.data() + filled, copy.size() - filled, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // it was cut off: what there is will say so
    filled += static_cast<size_t>(got);
  }
  copy.resize(filled);
  return copy;
}

}  // namespace wsitrace
