// SPDX-License-Identifier: MIT
#include "agent/cli/children.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace wsitrace {
namespace {

namespace fs = std::filesystem;

bool is_pid(const std::string &text) {
  constexpr size_t kMaxDigits = 10;
  return !text.empty() && text.size() <= kMaxDigits && text.find_first_not_of("0123456789") == std::string::npos;
}

// What comes before and after the pid: "janus." and ".wsitrace" of janus.wsitrace, "trace." and "" of trace.
struct Pattern {
  std::string begins, ends;
  explicit Pattern(const std::string &name) : begins(name + ".") {
    constexpr std::string_view kExtension = ".wsitrace";
    if (name.size() <= kExtension.size() || !name.ends_with(kExtension)) return;
    begins = name.substr(0, name.size() - kExtension.size() + 1);
    ends = kExtension;
  }
  [[nodiscard]] std::string pid_in(const std::string &name) const {
    if (name.size() <= begins.size() + ends.size() || !name.starts_with(begins) || !name.ends_with(ends)) return {};
    const std::string pid = name.substr(begins.size(), name.size() - begins.size() - ends.size());
    return is_pid(pid) ? pid : std::string();
  }
};

}  // namespace

std::vector<ChildTrace> child_traces(const std::string &file) {
  std::vector<ChildTrace> found;
  std::error_code error;
  const fs::path path(file);
  if (!fs::is_regular_file(path, error)) return found;
  const Pattern pattern(path.filename().string());
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::string pid = pattern.pid_in(name);
    if (!pid.empty()) found.push_back({(path.has_parent_path() ? folder / name : fs::path(name)).string(), pid});
  }
  std::sort(found.begin(), found.end(), [](const ChildTrace &a, const ChildTrace &b) {
    return a.pid.size() != b.pid.size() ? a.pid.size() < b.pid.size() : a.pid < b.pid;
  });
  return found;
}

}  // namespace wsitrace
