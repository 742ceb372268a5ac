// SPDX-License-Identifier: MIT
#include "agent/cli/run/preload.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace wsitrace {
namespace {

constexpr std::string_view kSeparators = " :";

std::vector<std::string> split_list(const std::string &list) {
  std::vector<std::string> names;
  for (size_t at = 0; (at = list.find_first_not_of(kSeparators, at)) != std::string::npos;) {
    const size_t end = std::min(list.find_first_of(kSeparators, at), list.size());
    names.push_back(list.substr(at, end - at));
    at = end;
  }
  return names;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_sanitizer(std::string_view path) {
  const std::string_view name = base_name(path);
  return name.starts_with("libasan.so") || name.starts_with("libtsan.so") || name.starts_with("libclang_rt.asan") ||
         name.starts_with("libclang_rt.tsan");
}

bool names(const std::vector<std::string> &list, std::string_view library) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string &each) { return base_name(each) == base_name(library); });
}

bool sets(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
}

}  // namespace

std::string own_executable() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

Expected<std::string> find_preload_library(const std::string &executable) {
  if (const char *given = std::getenv("WSITRACE_PRELOAD"); given != nullptr && *given != '\0') {
    char path[PATH_MAX];
    if (::realpath(given, path) != nullptr) return std::string(path);
    return unexpected(Error{given, "WSITRACE_PRELOAD names no file", "unset it, or set it to a library that is there"});
  }
  const std::string prefix = executable.substr(0, executable.rfind('/') + 1) + "../";
  for (const char *directory : {"lib/", WSITRACE_LIBDIR "/", WSITRACE_LIBDIR "/wsitrace/"}) {
    char path[PATH_MAX];
    if (::realpath((prefix + directory + kPreloadLibrary).c_str(), path) != nullptr) return std::string(path);
  }
  return unexpected(
      Error{kPreloadLibrary, "not found beside " + executable, "install wsitrace again, or set WSITRACE_PRELOAD"});
}

bool can_be_preloaded(const std::string &path) { return path.find_first_of(kSeparators) == std::string::npos; }

std::string preload_list(const std::string &library, const std::string &present,
                         const std::vector<std::string> &needed) {
  const std::vector<std::string> others = split_list(present);
  std::vector<std::string> list;
  for (const std::string &name : needed)
    if (is_sanitizer(name) && !names(others, name)) list.push_back(name);
  const auto first = std::find_if_not(others.begin(), others.end(), is_sanitizer);
  list.insert(list.end(), others.begin(), first);
  list.push_back(library);
  list.insert(list.end(), first, others.end());
  std::string value;
  for (const std::string &name : list) value += (value.empty() ? "" : ":") + name;
  return value;
}

std::vector<std::string> environment_with(char **environment,
                                          const std::vector<std::pair<std::string, std::string>> &set) {
  std::vector<std::string> entries;
  for (char **entry = environment; *entry != nullptr; ++entry) {
    const bool replaced =
        std::any_of(set.begin(), set.end(), [&](const auto &pair) { return sets(*entry, pair.first); });
    if (!replaced) entries.emplace_back(*entry);
  }
  for (const auto &[name, value] : set) entries.push_back(name + "=" + value);
  return entries;
}

}  // namespace wsitrace
