// SPDX-License-Identifier: MIT
#include "agent/base/source_root.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace wsitrace {
namespace {

namespace fs = std::filesystem;

bool leads_out(std::string_view path) { return path == ".." || path.starts_with("../"); }

std::string without_last_slash(std::string path) {
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

SourceRoot SourceRoot::of_environment() {
  const char *workspace = std::getenv("GITHUB_WORKSPACE");
  if (workspace != nullptr && *workspace == '/') return SourceRoot(workspace);
  std::error_code error;
  return SourceRoot(fs::current_path(error).string());
}

SourceRoot::SourceRoot(std::string_view folder)
    : folder_(without_last_slash(fs::path(folder).lexically_normal().string())) {}

std::optional<std::string> SourceRoot::path_from_here(std::string_view file_untrusted) const {
  const std::string file = source_path({}, file_untrusted);
  if (folder_.empty() || file.empty() || leads_out(file)) return std::nullopt;
  const std::string prefix = folder_ == "/" ? folder_ : folder_ + '/';
  if (file.front() != '/') {
    std::error_code error;
    return fs::is_regular_file(prefix + file, error) ? std::optional(file) : std::nullopt;
  }
  if (!file.starts_with(prefix) || file.size() == prefix.size()) return std::nullopt;
  return file.substr(prefix.size());
}

std::string source_path(std::string_view directory_untrusted, std::string_view file_untrusted) {
  if (file_untrusted.empty()) return {};
  return (fs::path(directory_untrusted) / fs::path(file_untrusted)).lexically_normal().string();
}

}  // namespace wsitrace
