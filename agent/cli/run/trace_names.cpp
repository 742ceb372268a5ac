// SPDX-License-Identifier: MIT
#include "agent/cli/run/trace_names.h"

#include <sys/stat.h>

#include <utility>

namespace wsitrace {
namespace {

constexpr std::string_view kExtension = ".wsitrace";
constexpr size_t kMaxProgramBytes = 128;  // leaves room in NAME_MAX for pid, number and extension

// OUTPUT cut before its extension.
std::pair<std::string, std::string> cut_before_extension(const std::string &output) {
  const size_t bytes = output.size(), extension = kExtension.size();
  if (bytes > extension && output.ends_with(kExtension) && output[bytes - extension - 1] != '/')
    return {output.substr(0, bytes - extension), std::string(kExtension)};
  return {output, ""};
}

}  // namespace

TraceNames::TraceNames(std::string output, Exists exists) : output_(std::move(output)), exists_(std::move(exists)) {}

std::string TraceNames::next(std::string_view program_untrusted, uint32_t pid) {
  if (output_.empty())
    return unused(as_file_name(program_untrusted) + "." + std::to_string(pid), std::string(kExtension));
  if (used_.insert(output_).second) return output_;
  const auto [stem, extension] = cut_before_extension(output_);
  return unused(stem + "." + std::to_string(pid), extension);
}

std::string TraceNames::unused(const std::string &stem, const std::string &extension) {
  std::string name = stem + extension;
  for (uint32_t number = 2; used_.contains(name) || exists_(name); ++number)
    name = stem + "-" + std::to_string(number) + extension;
  used_.insert(name);
  return name;
}

bool TraceNames::file_exists(const std::string &path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

std::string as_file_name(std::string_view program_untrusted) {
  std::string name(program_untrusted.substr(program_untrusted.rfind('/') + 1).substr(0, kMaxProgramBytes));
  for (char &c : name)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) c = '_';
  if (name.empty() || name == "." || name == "..") return "program";
  if (name.front() == '-') name.front() = '_';
  return name;
}

}  // namespace wsitrace
